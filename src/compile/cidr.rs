//! Ranges of addresses.

use std::net::IpAddr;

/// Whether one range is a part of another, and not all of it. The API server accepts nothing else as
/// an exception; a range of the other family, or one that reaches further, has nothing to leave out.
pub(super) fn is_part(inner: &str, outer: &str) -> bool {
    let (Some((part, length)), Some((whole, prefix))) = (parse(inner), parse(outer)) else {
        return false;
    };
    part.is_ipv4() == whole.is_ipv4()
        && length > prefix
        && leading(part, prefix) == leading(whole, prefix)
}

fn parse(range: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = range.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

/// The first bits of an address.
fn leading(address: IpAddr, bits: u32) -> u128 {
    let (value, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), u32::BITS),
        IpAddr::V6(address) => (address.to_bits(), u128::BITS),
    };
    let rest = width.saturating_sub(bits);
    value.checked_shr(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_inside_and_smaller() {
        assert!(is_part("10.0.0.0/8", "0.0.0.0/0"));
        assert!(is_part("10.1.0.0/16", "10.0.0.0/8"));
        assert!(is_part("fd00::/8", "::/0"));
        assert!(!is_part("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!is_part("10.0.0.0/8", "10.1.0.0/16"));
        assert!(!is_part("192.168.0.0/16", "10.0.0.0/8"));
    }

    #[test]
    fn families_do_not_mix() {
        assert!(!is_part("10.0.0.0/8", "::/0"));
        assert!(!is_part("fd00::/8", "0.0.0.0/0"));
    }
}
