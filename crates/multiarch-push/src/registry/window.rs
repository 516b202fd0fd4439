//! How many requests a registry gets at once: additive increase, multiplicative decrease, as TCP shares a line
//! (RFC 5681 §3.1). A registry that says "too many" (429, or 503) gets half as many; each round of replies that are
//! none of these gives it one more.

/// The most requests that are under way at once, over all registries, platforms and blobs.
pub(super) const WIDEST: usize = 16;

/// The width for one registry. No I/O and no clock: replies go in, the width comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    width: usize,
    /// Replies since the width last grew.
    replies: usize,
    /// How many requests were admitted so far: the number of the next one.
    admitted: u64,
    /// The first request that was admitted with the present width: a refusal of an earlier one tells nothing new.
    since: u64,
}

impl Window {
    /// Starts as wide as may be: most registries never refuse, and one refusal halves it.
    pub(super) fn new() -> Self {
        Self { width: WIDEST, replies: 0, admitted: 0, since: 0 }
    }

    /// Returns how many requests may be under way.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Numbers a request that is sent now.
    pub(super) fn admit(&mut self) -> u64 {
        self.admitted += 1;
        self.admitted - 1
    }

    /// A request was answered, in whatever way, but not with "too many".
    pub(super) fn answered(&mut self) {
        self.replies += 1;
        if self.replies >= self.width && self.width < WIDEST {
            self.width += 1;
            self.replies = 0;
        }
    }

    /// The request with this number was answered with "too many". Sixteen that were under way together are refused
    /// together, and are one sign, not sixteen. Returns whether it was a sign.
    pub(super) fn refused(&mut self, number: u64) -> bool {
        let is_news = number >= self.since;
        if is_news {
            self.width = (self.width / 2).max(1);
            self.since = self.admitted;
        }
        self.replies = 0;
        is_news
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_of_refusals_is_one_sign() {
        let mut window = Window::new();
        let burst: Vec<u64> = (0..16).map(|_| window.admit()).collect();
        assert_eq!(burst.into_iter().filter(|number| window.refused(*number)).count(), 1);
        assert_eq!(window.width(), 8);
        let next = window.admit();
        window.refused(next);
        assert_eq!(window.width(), 4);
    }

    #[test]
    fn it_grows_by_one_with_each_round_and_no_further_than_it_was() {
        let mut window = Window::new();
        let number = window.admit();
        window.refused(number);
        (0..8).for_each(|_| window.answered());
        assert_eq!(window.width(), 9);
        (0..1000).for_each(|_| window.answered());
        assert_eq!(window.width(), WIDEST);
    }

    proptest! {
        /// Whatever the replies and their order: it never closes, is never too wide, shrinks by half and only by a
        /// refusal of a request that was admitted with the present width, and grows one by one.
        #[test]
        fn the_width_follows_the_replies(steps in proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..400)) {
            let mut window = Window::new();
            let mut under_way = Vec::new();
            for (is_refused, which) in steps {
                while under_way.len() < window.width() {
                    under_way.push((window.admit(), window.width()));
                }
                let before = window.width();
                let (number, _) = under_way.swap_remove(which.index(under_way.len()));
                let is_news = number >= window.since;
                if is_refused {
                    prop_assert_eq!(window.refused(number), is_news);
                } else {
                    window.answered();
                }
                let after = window.width();
                prop_assert!((1..=WIDEST).contains(&after));
                match (is_refused, is_news) {
                    (true, true) => prop_assert_eq!(after, (before / 2).max(1)),
                    (true, false) => prop_assert_eq!(after, before),
                    (false, _) => prop_assert!(after == before || after == before + 1),
                }
            }
            // It recovers from anything, within as many replies as the widths add up to.
            (0..WIDEST * WIDEST).for_each(|_| window.answered());
            prop_assert_eq!(window.width(), WIDEST);
        }
    }
}
