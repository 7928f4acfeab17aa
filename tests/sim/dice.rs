//! Numbers that look random and are the same for a seed.

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).expect("a bound is small");
        usize::try_from(self.next() % bound).expect("it is below a usize")
    }

    /// A small number below `bound`.
    pub(crate) fn small(&mut self, bound: u8) -> u8 {
        u8::try_from(self.below(bound.into())).expect("it is below a u8")
    }

    /// True one in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these; there is at least one.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        *of.get(self.below(of.len())).expect("there is at least one")
    }
}
