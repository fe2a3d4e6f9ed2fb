//! The rulebook of `benches/peers`, as somebody would write it who needs no other: in one function, in integers.
//!
//! Amounts are 10⁻⁶ EUR, ratios 10⁻⁹. It gives what pricer gives of it: price, bounds, margin and change; no reasons.

/// What the rulebook reads of an item.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    number: usize,
    category: Category,
    food: bool,
    cost: i64,
    current: Option<i64>,
    regular: bool,
    rrp: Option<i64>,
    /// Seconds.
    cover: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
enum Category {
    Electronics,
    Accessories,
    Grocery,
    Fresh,
    Toys,
    Games,
    Fashion,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub cents: i64,
    pub floor: i64,
    pub ceiling: i64,
    pub margin: Option<i64>,
    pub change: Option<i64>,
}

pub const HEADERS: [&str; 8] =
    ["sku", "category", "vat_class", "cost", "current_price", "price_kind", "rrp", "stock_cover"];

const CATEGORIES: [(Category, &str); 8] = [
    (Category::Electronics, "electronics/phones"),
    (Category::Accessories, "electronics/accessories/cases"),
    (Category::Grocery, "grocery/oil"),
    (Category::Fresh, "grocery/fresh/fruit"),
    (Category::Toys, "toys/dolls"),
    (Category::Games, "toys/games"),
    (Category::Fashion, "fashion/shoes"),
    (Category::Other, "garden"),
];
const WEEK: i64 = 7 * 86_400;
const CENT: i64 = 10_000;

/// Item number so and so: invented, always the same.
pub fn facts(number: usize) -> Facts {
    let mut state = number as u64;
    let mut below = |limit: u64| {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit) as i64
    };
    let (category, _) = CATEGORIES[below(8) as usize];
    let food = matches!(category, Category::Grocery | Category::Fresh);
    let cost = (below(20_000) + 20) * CENT;
    // Around what a margin of 25 % makes of it.
    let near = |percent: i64| cost / 100 * percent / CENT * CENT;
    Facts {
        number,
        category,
        food,
        cost,
        current: (below(20) != 0).then(|| near(120 + below(80))),
        regular: below(10) != 0,
        rrp: (below(3) != 0).then(|| near(140 + below(60))),
        cover: (below(4) != 0).then(|| below(20) * WEEK / 2),
    }
}

impl Facts {
    /// The item as the cells of a feed.
    pub fn cells(&self) -> [String; HEADERS.len()] {
        let euros = |micros: i64| format!("{}.{:02}", micros / 1_000_000, micros / CENT % 100);
        let (_, category) = CATEGORIES[self.category as usize];
        [
            format!("S{:06}", self.number),
            category.to_owned(),
            if self.food { "food" } else { "standard" }.to_owned(),
            euros(self.cost) + " EUR",
            self.current.map_or(String::new(), |price| euros(price) + " EUR"),
            if self.regular { "regular" } else { "promo" }.to_owned(),
            self.rrp.map_or(String::new(), |price| euros(price) + " EUR"),
            self.cover.map_or(String::new(), |seconds| format!("{}h", seconds / 3_600)),
        ]
    }
}

/// The price of an item on 18 November, in Germany.
pub fn price(facts: &Facts) -> Answer {
    let (margin, toys) = match facts.category {
        Category::Accessories => (28, false),
        Category::Electronics => (14, false),
        Category::Fresh => (30, false),
        Category::Grocery => (22, false),
        Category::Games => (26, true),
        Category::Toys => (31, true),
        Category::Fashion => (48, false),
        Category::Other => (25, false),
    };
    let gross = if facts.food { 107 } else { 119 };
    let landed = half_even(facts.cost * 1_006, 1_000);
    let target = half_even(landed * gross, 100 - margin);
    let mut adjusted = (1, 1);
    for (holds, percent) in [
        (toys, 102),
        (facts.cover.is_some_and(|cover| cover < WEEK), 104),
        (facts.cover.is_some_and(|cover| 8 * WEEK < cover), 97),
    ] {
        if holds {
            adjusted = (adjusted.0 * percent, adjusted.1 * 100);
        }
    }
    let target = half_even(target * adjusted.0, adjusted.1);

    // Safety, contract, comfort: each narrows what is left, or yields.
    let (mut floor, mut ceiling) = (up(landed * gross, 97).max(190_000), 1_000_000_000_000);
    let rrp = facts.rrp.map(|rrp| down(rrp * 105, 100));
    let payable = |low: i64, high: i64| up(low, CENT) <= down(high, CENT);
    if let Some(rrp) = rrp.filter(|rrp| payable(floor, *rrp)) {
        ceiling = rrp;
    }
    let calm = facts.current.filter(|_| facts.regular);
    let calm = calm.map(|current| (current, up(current * 94, 100), down(current * 106, 100)));
    let hard = (floor, ceiling);
    if let Some((_, low, high)) = calm {
        if payable(low.max(floor), hard.1) {
            floor = floor.max(low);
        }
        if payable(hard.0, high.min(ceiling)) {
            ceiling = ceiling.min(high);
        }
    }
    // Clamped by the lower class first.
    let mut wanted = target;
    if let Some((_, low, high)) = calm {
        wanted = wanted.min(high).max(low);
    }
    wanted = rrp.map_or(wanted, |rrp| wanted.min(rrp)).max(hard.0).min(ceiling).max(floor);

    let (low, high) = (up(floor, CENT), down(ceiling, CENT));
    let mut cents = ending(wanted, low, high);
    if let Some((current, ..)) = calm {
        let now = current / CENT;
        if (cents - now).abs() * 1_000 < now * 5 && low <= now && now <= high {
            cents = now;
        }
    }
    let paid = cents * CENT;
    let net = paid * 100;
    Answer {
        cents,
        floor,
        ceiling,
        margin: Some(ratio(net - landed * gross, net)),
        change: facts.current.map(|current| ratio(paid - current, current)),
    }
}

/// The nearest `*.*9` below 10 EUR or `*.49`, `*.99` from there on; without one in the range the nearest price.
fn ending(wanted: i64, low: i64, high: i64) -> i64 {
    let below = (down(wanted, CENT)).min(high);
    let above = (up(wanted, CENT)).max(low);
    let far = |cents: i64| (cents * CENT).abs_diff(wanted);
    let nearer = |best: Option<i64>, found: i64| match best {
        Some(best) if (far(best), best) <= (far(found), found) => Some(best),
        _ => Some(found),
    };
    let mut best = None;
    for (from, to, ends, step) in [(1, 999, 9, 10), (1_000, i64::MAX / CENT, 49, 50)] {
        let (from, to) = (from.max(low), to.min(high));
        let start = below.min(to);
        let found = start - (start - ends).rem_euclid(step);
        if from <= found && found <= to {
            best = nearer(best, found);
        }
        let start = above.max(from);
        let found = start + (ends - start).rem_euclid(step);
        if from <= found && found <= to {
            best = nearer(best, found);
        }
    }
    best.unwrap_or_else(|| match (low <= below, above <= high) {
        (true, true) if far(above) < far(below) => above,
        (true, _) => below,
        (false, _) => above,
    })
}

fn down(count: i64, of: i64) -> i64 {
    count.div_euclid(of)
}

fn up(count: i64, of: i64) -> i64 {
    -(-count).div_euclid(of)
}

fn half_even(count: i64, of: i64) -> i64 {
    let (whole, rest) = (count.div_euclid(of), count.rem_euclid(of));
    whole + i64::from(of < 2 * rest || of == 2 * rest && whole & 1 == 1)
}

fn ratio(part: i64, of: i64) -> i64 {
    let (part, of) = (i128::from(part) * 1_000_000_000, i128::from(of));
    let (whole, rest) = (part.div_euclid(of), part.rem_euclid(of));
    (whole + i128::from(of < 2 * rest || of == 2 * rest && whole & 1 == 1)) as i64
}
