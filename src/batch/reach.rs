//! Where a row applies, and which prices were already asked for.

use super::BatchError;
use crate::pricing::Release;

/// The places of a run, and for each market and channel that a row can name those it applies to.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Indices into `Release::places`, in its order.
    places: Vec<usize>,
    /// With the empty name first: a row that names none applies everywhere.
    markets: Vec<Box<str>>,
    channels: Vec<Box<str>>,
    /// By market, then channel; indices into `places`. `None` where the rulebook has no such place.
    rows: Vec<Option<Vec<u16>>>,
}

impl Reach {
    /// The places of one market and channel, or of all.
    ///
    /// # Errors
    /// No place of the rulebook is meant.
    pub fn new(release: &Release, market: Option<&str>, channel: Option<&str>) -> Result<Self, BatchError> {
        let names = |name: fn(&crate::pricing::Place) -> &str| {
            let mut names: Vec<Box<str>> = vec!["".into()];
            for place in &release.places {
                if !names.iter().any(|known| **known == *name(place)) {
                    names.push(name(place).into());
                }
            }
            names
        };
        let (markets, channels) = (names(|place| &place.market), names(|place| &place.channel));
        let chosen = |place: &crate::pricing::Place| {
            market.is_none_or(|wanted| *place.market == *wanted)
                && channel.is_none_or(|wanted| *place.channel == *wanted)
        };
        let places: Vec<usize> =
            (0..).zip(&release.places).filter(|(_, place)| chosen(place)).map(|(at, _)| at).collect();
        if places.is_empty() || usize::from(u16::MAX) < places.len() {
            return Err(no_place(release, market, channel));
        }
        let mut rows = Vec::with_capacity(markets.len() * channels.len());
        for market in &markets {
            for channel in &channels {
                let applies = |place: &crate::pricing::Place| {
                    (market.is_empty() || place.market == *market)
                        && (channel.is_empty() || place.channel == *channel)
                };
                let known = release.places.iter().any(applies);
                let reached =
                    (0_u16..).zip(&places).filter(|(_, at)| release.places.get(**at).is_some_and(applies));
                rows.push(known.then(|| reached.map(|(at, _)| at).collect()));
            }
        }
        Ok(Self { places, markets, channels, rows })
    }

    /// Indices into `Release::places`.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.places.iter().copied()
    }

    /// The places of this run that a row for `market` and `channel` applies to; `None` if the rulebook has no such
    /// place at all.
    #[must_use]
    pub fn find(&self, market: &str, channel: &str) -> Option<&[u16]> {
        let row = self.markets.iter().position(|name| **name == *market)?;
        let column = self.channels.iter().position(|name| **name == *channel)?;
        self.rows.get(row * self.channels.len() + column)?.as_deref()
    }

    #[must_use]
    pub fn has_market(&self, market: &str) -> bool {
        self.markets.iter().any(|name| **name == *market)
    }
}

fn no_place(release: &Release, market: Option<&str>, channel: Option<&str>) -> BatchError {
    let known: Vec<String> =
        release.places.iter().map(|place| format!("{}/{}", place.market, place.channel)).collect();
    let (market, channel) = (market.unwrap_or("*"), channel.unwrap_or("*"));
    BatchError::NoPlace(format!("the rulebook has no place {market}/{channel}, only {}", known.join(", ")))
}
