//! ISO 4217 currencies in use, with their minor digits.

/// An ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u8);

impl Currency {
    /// The currency of an upper-case ISO 4217 code, such as `EUR`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let wanted: [u8; 3] = code.as_bytes().try_into().ok()?;
        let index = TABLE.binary_search_by(|(known, _)| known.cmp(&wanted)).ok()?;
        u8::try_from(index).ok().map(Self)
    }

    /// Its place in the list of currencies: for memory, not for files, for the list may grow.
    #[must_use]
    pub fn index(self) -> u8 {
        self.0
    }

    /// The currency at a place in the list.
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        (usize::from(index) < TABLE.len()).then_some(Self(index))
    }

    fn entry(self) -> ([u8; 3], u32) {
        TABLE.get(usize::from(self.0)).copied().unwrap_or((*b"XXX", 2))
    }

    /// Minor digits: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn digits(self) -> u32 {
        self.entry().1
    }

    /// How many 10⁻⁶ one minor unit is: 10,000 for EUR.
    #[must_use]
    #[inline]
    pub fn micros_per_minor(self) -> i64 {
        UNITS.get(usize::from(self.0)).copied().unwrap_or(10_000)
    }

    #[must_use]
    pub fn code(self) -> String {
        self.entry().0.iter().map(|byte| char::from(*byte)).collect()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.code())
    }
}

/// How many 10⁻⁶ one minor unit of each currency is: every price asks for it several times.
const UNITS: [i64; 256] = {
    let mut units = [10_000; 256];
    let (mut at, mut rest) = (0, TABLE);
    while let [(_, digits), after @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "a currency is a byte: a longer table does not compile")]
        {
            units[at] = match *digits {
                0 => 1_000_000,
                3 => 1_000,
                _ => 10_000,
            };
        }
        (at, rest) = (at + 1, after);
    }
    units
};

/// Sorted by code. Funds codes, metals and test codes are left out on purpose.
#[rustfmt::skip]
const TABLE: &[([u8; 3], u32)] = &[
    (*b"AED", 2), (*b"AFN", 2), (*b"ALL", 2), (*b"AMD", 2), (*b"ANG", 2),
    (*b"AOA", 2), (*b"ARS", 2), (*b"AUD", 2), (*b"AWG", 2), (*b"AZN", 2),
    (*b"BAM", 2), (*b"BBD", 2), (*b"BDT", 2), (*b"BGN", 2), (*b"BHD", 3),
    (*b"BIF", 0), (*b"BMD", 2), (*b"BND", 2), (*b"BOB", 2), (*b"BRL", 2),
    (*b"BSD", 2), (*b"BTN", 2), (*b"BWP", 2), (*b"BYN", 2), (*b"BZD", 2),
    (*b"CAD", 2), (*b"CDF", 2), (*b"CHF", 2), (*b"CLP", 0), (*b"CNY", 2),
    (*b"COP", 2), (*b"CRC", 2), (*b"CUP", 2), (*b"CVE", 2), (*b"CZK", 2),
    (*b"DJF", 0), (*b"DKK", 2), (*b"DOP", 2), (*b"DZD", 2), (*b"EGP", 2),
    (*b"ERN", 2), (*b"ETB", 2), (*b"EUR", 2), (*b"FJD", 2), (*b"FKP", 2),
    (*b"GBP", 2), (*b"GEL", 2), (*b"GHS", 2), (*b"GIP", 2), (*b"GMD", 2),
    (*b"GNF", 0), (*b"GTQ", 2), (*b"GYD", 2), (*b"HKD", 2), (*b"HNL", 2),
    (*b"HTG", 2), (*b"HUF", 2), (*b"IDR", 2), (*b"ILS", 2), (*b"INR", 2),
    (*b"IQD", 3), (*b"IRR", 2), (*b"ISK", 0), (*b"JMD", 2), (*b"JOD", 3),
    (*b"JPY", 0), (*b"KES", 2), (*b"KGS", 2), (*b"KHR", 2), (*b"KMF", 0),
    (*b"KPW", 2), (*b"KRW", 0), (*b"KWD", 3), (*b"KYD", 2), (*b"KZT", 2),
    (*b"LAK", 2), (*b"LBP", 2), (*b"LKR", 2), (*b"LRD", 2), (*b"LSL", 2),
    (*b"LYD", 3), (*b"MAD", 2), (*b"MDL", 2), (*b"MGA", 2), (*b"MKD", 2),
    (*b"MMK", 2), (*b"MNT", 2), (*b"MOP", 2), (*b"MRU", 2), (*b"MUR", 2),
    (*b"MVR", 2), (*b"MWK", 2), (*b"MXN", 2), (*b"MYR", 2), (*b"MZN", 2),
    (*b"NAD", 2), (*b"NGN", 2), (*b"NIO", 2), (*b"NOK", 2), (*b"NPR", 2),
    (*b"NZD", 2), (*b"OMR", 3), (*b"PAB", 2), (*b"PEN", 2), (*b"PGK", 2),
    (*b"PHP", 2), (*b"PKR", 2), (*b"PLN", 2), (*b"PYG", 0), (*b"QAR", 2),
    (*b"RON", 2), (*b"RSD", 2), (*b"RUB", 2), (*b"RWF", 0), (*b"SAR", 2),
    (*b"SBD", 2), (*b"SCR", 2), (*b"SDG", 2), (*b"SEK", 2), (*b"SGD", 2),
    (*b"SHP", 2), (*b"SLE", 2), (*b"SOS", 2), (*b"SRD", 2), (*b"SSP", 2),
    (*b"STN", 2), (*b"SVC", 2), (*b"SYP", 2), (*b"SZL", 2), (*b"THB", 2),
    (*b"TJS", 2), (*b"TMT", 2), (*b"TND", 3), (*b"TOP", 2), (*b"TRY", 2),
    (*b"TTD", 2), (*b"TWD", 2), (*b"TZS", 2), (*b"UAH", 2), (*b"UGX", 0),
    (*b"USD", 2), (*b"UYU", 2), (*b"UZS", 2), (*b"VED", 2), (*b"VES", 2),
    (*b"VND", 0), (*b"VUV", 0), (*b"WST", 2), (*b"XAF", 0), (*b"XCD", 2),
    (*b"XCG", 2), (*b"XOF", 0), (*b"XPF", 0), (*b"YER", 2), (*b"ZAR", 2),
    (*b"ZMW", 2), (*b"ZWG", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_found() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TABLE.len() < 256);
        for (code, digits) in TABLE {
            let text = std::str::from_utf8(code).unwrap();
            let currency = Currency::from_code(text).unwrap();
            assert_eq!((currency.code().as_str(), currency.digits()), (text, *digits));
            assert_eq!(currency.micros_per_minor() * 10_i64.pow(*digits), 1_000_000);
        }
        assert_eq!(Currency::from_code("eur"), None);
        assert_eq!(Currency::from_code("XXX"), None);
    }
}
