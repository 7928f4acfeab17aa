//! Seeded random numbers (xorshift).

pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// One of the choices.
    pub(super) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(choices.len()).expect("a length fits");
        let chosen = usize::try_from(self.0 % bound).expect("it is below a length");
        choices.get(chosen).expect("it is below the length")
    }

    /// The choices in another order.
    pub(super) fn shuffled<T>(&mut self, mut choices: Vec<T>) -> Vec<T> {
        let mut shuffled = Vec::new();
        while !choices.is_empty() {
            let places: Vec<usize> = (0..choices.len()).collect();
            shuffled.push(choices.swap_remove(*self.of(&places)));
        }
        shuffled
    }
}
