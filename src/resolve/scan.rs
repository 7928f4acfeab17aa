//! What `scan` gates can be judged on: images that are pinned, and waivers that are not over.

use super::Image;
use super::case::Case;
use super::lock::Lock;
use super::metric;
use crate::diagnostic::Diagnostic;
use crate::spec::gate::{ScanSpec, Waiver};
use crate::yaml::Node;

/// A waiver and where it stands.
type Waived = (Waiver, String);

/// Tells of gates that could never pass, and, in time, of waivers that are over.
pub(super) fn check(case: &mut Case, image: Option<&Image>) {
    let scans: Vec<(String, ScanSpec)> = scans(case);
    // A lock that cannot be read is told by itself.
    let is_known = matches!(case.tables.lock, Lock::Images(_));
    if let Some(image) = image.filter(|it| is_known && it.digest.is_none()) {
        for (pointer, _) in &scans {
            case.error(
                "scan-unpinned",
                pointer,
                format!("`{image}` is not pinned, so that no report can be about what runs"),
                "write the image's digest behind `@`, or under `images` in `tidegate.lock`",
            );
        }
    }
    for (waiver, pointer) in scans.into_iter().flat_map(waivers) {
        let Waiver { id, until, .. } = waiver;
        let message = format!("the waiver of `{id}` is over since {until}");
        let finding = Diagnostic::warning("waiver-expired", case.span(&pointer), message)
            .with_help("remove it, or say anew why the finding is put up with");
        case.later.due.push((until.0, finding));
    }
}

fn scans(case: &Case) -> Vec<(String, ScanSpec)> {
    let gates = metric::gates(case).into_iter();
    gates
        .filter_map(|(pointer, gate): (String, &Node)| {
            let spec = serde_json::from_value(gate.get("scan")?.to_json()).ok()?;
            Some((format!("{pointer}/scan"), spec))
        })
        .collect()
}

fn waivers((pointer, scan): (String, ScanSpec)) -> impl Iterator<Item = Waived> {
    let waivers = scan.waivers.into_iter().enumerate();
    waivers.map(move |(index, waiver)| (waiver, format!("{pointer}/waivers/{index}")))
}
