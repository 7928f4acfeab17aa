//! MICs that have the hours of another calendar, and names that people use for one.
//!
//! Segment MICs and their operating ones are those of ISO 10383.

/// MICs with the hours of another calendar.
const SAME: [(&str, &str); 12] = [
    ("ARCX", "XNYS"),
    ("XASE", "XNYS"),
    ("XNGS", "XNAS"),
    ("XNMS", "XNAS"),
    ("XNCM", "XNAS"),
    ("XJPX", "XTKS"),
    ("BNCX", "crypto:binance"),
    ("PESL", "crypto:kraken"),
    ("BTSP", "crypto:bitstamp"),
    ("BESA", "crypto:bitstamp"),
    ("XBSP", "BVMF"),
    ("XNSE", "XBOM"),
];

/// What people call an exchange, and the calendar they mean.
const CALLED: [(&str, &str); 8] = [
    ("NYSE", "XNYS"),
    ("NSDQ", "XNAS"),
    ("NMSQ", "XNAS"),
    ("CBOE", "XCBF"),
    ("LSEG", "XLON"),
    ("XLSE", "XLON"),
    ("EREX", "XEUR"),
    ("HKEX", "XHKG"),
];

/// The calendar whose hours a MIC has.
pub(super) fn same(name: &str) -> Option<&'static str> {
    find(&SAME, name)
}

/// The calendar that somebody means by a name that is none.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    find(&CALLED, name)
}

fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let mut entries = table.iter();
    entries.find(|(from, _)| *from == name).map(|(_, to)| *to)
}
