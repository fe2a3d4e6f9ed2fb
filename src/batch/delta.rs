//! Parquet columns of numbers and of SKUs as differences, packed into as few bits as 32 of them need (DELTA_BINARY_PACKED and
//! DELTA_LENGTH_BYTE_ARRAY): smaller than plain numbers after Snappy, and written in a tenth of its time.

use super::answered::NONE;
use super::chunk::{self, Written};
use super::coded::varint;
use arrow_array::StringArray;
use parquet::basic::Encoding;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// Differences of a block, which has one least difference, and of each of its parts, which have one width.
const BLOCK: usize = 128;
const PART: usize = 32;
/// Longer texts are no statistics.
const TEXT_MAX: usize = 64;

/// One column of counts in a row group.
#[derive(Debug)]
pub(super) struct CountColumn {
    descr: ColumnDescPtr,
    counts: Vec<i64>,
}

/// The column of SKUs in a row group.
#[derive(Debug)]
pub(super) struct TextColumn {
    descr: ColumnDescPtr,
    lengths: Vec<i64>,
    texts: Vec<u8>,
}

impl CountColumn {
    pub fn new(descr: ColumnDescPtr, room: usize) -> Self {
        Self { descr, counts: Vec::with_capacity(room) }
    }

    pub fn add(&mut self, counts: &[i64]) {
        self.counts.extend_from_slice(counts);
    }

    pub fn finish(self) -> Result<Written> {
        let there = |count: &i64| *count != NONE;
        let (mut missing, mut least, mut most) = (0, i64::MAX, i64::MIN);
        for count in &self.counts {
            missing += usize::from(!there(count));
            // None is as low as nothing else, so it is never the highest.
            least = if there(count) { least.min(*count) } else { least };
            most = most.max(*count);
        }
        let (least, most) = (missing < self.counts.len()).then_some((least, most)).unzip();
        let mut bytes = Vec::with_capacity(self.counts.len() * 5);
        chunk::levels(&self.descr, missing, self.counts.iter().map(there), &mut bytes);
        let (rows, counts) = (
            self.counts.len(),
            match missing {
                0 => self.counts,
                _ => self.counts.into_iter().filter(there).collect(),
            },
        );
        delta(&counts, &mut bytes);
        let statistics = Statistics::int64(least, most, None, Some(missing as u64), false);
        let page = chunk::page(bytes, rows, Encoding::DELTA_BINARY_PACKED);
        chunk::write(&self.descr, None, page, rows, statistics)
    }
}

impl TextColumn {
    pub fn new(descr: ColumnDescPtr) -> Self {
        Self { descr, lengths: Vec::new(), texts: Vec::new() }
    }

    pub fn add(&mut self, texts: &StringArray) {
        let ends = texts.value_offsets();
        let lengths = ends.windows(2).filter_map(|pair| match pair {
            [start, end] => Some(i64::from(end - start)),
            _ => None,
        });
        self.lengths.extend(lengths);
        let span = ends.first().zip(ends.last()).map(|(start, end)| *start as usize..*end as usize);
        self.texts.extend_from_slice(span.and_then(|span| texts.value_data().get(span)).unwrap_or(&[]));
    }

    pub fn finish(self) -> Result<Written> {
        let mut rest = &*self.texts;
        let mut ends: Option<(&[u8], &[u8])> = None;
        for length in &self.lengths {
            let (text, after) = rest.split_at_checked(*length as usize).unwrap_or((rest, &[]));
            rest = after;
            let (least, most) = ends.unwrap_or((text, text));
            ends = Some((least.min(text), most.max(text)));
        }
        let end = |text: &[u8]| (text.len() <= TEXT_MAX).then(|| ByteArray::from(text.to_vec()));
        let ends = ends.and_then(|(least, most)| end(least).zip(end(most))).unzip();
        let statistics = Statistics::byte_array(ends.0, ends.1, None, Some(0), false);
        let mut bytes = Vec::with_capacity(self.texts.len() + self.lengths.len());
        delta(&self.lengths, &mut bytes);
        bytes.extend_from_slice(&self.texts);
        let rows = self.lengths.len();
        let page = chunk::page(bytes, rows, Encoding::DELTA_LENGTH_BYTE_ARRAY);
        chunk::write(&self.descr, None, page, rows, statistics)
    }
}

/// The first number, then differences less the least of their block, packed.
fn delta(numbers: &[i64], bytes: &mut Vec<u8>) {
    varint(BLOCK as u64, bytes);
    varint((BLOCK / PART) as u64, bytes);
    varint(numbers.len() as u64, bytes);
    let mut last = numbers.first().copied().unwrap_or(0);
    zigzag(last, bytes);
    for block in numbers.get(1..).unwrap_or(&[]).chunks(BLOCK) {
        let mut rests = [0_i64; BLOCK];
        let mut least = i64::MAX;
        for (slot, number) in rests.iter_mut().zip(block) {
            // Modulo 2⁶⁴, as the reader adds them up.
            *slot = number.wrapping_sub(last);
            least = least.min(*slot);
            last = *number;
        }
        for (slot, _) in rests.iter_mut().zip(block) {
            *slot = slot.wrapping_sub(least);
        }
        zigzag(least, bytes);
        let widths = bytes.len();
        bytes.extend([0; BLOCK / PART]);
        for (at, part) in rests.chunks(PART).enumerate().take(block.len().div_ceil(PART)) {
            let width = 64 - part.iter().fold(0, |bits, rest| bits | rest).leading_zeros();
            if let Some(slot) = bytes.get_mut(widths + at) {
                *slot = width as u8;
            }
            pack(part, width, bytes);
        }
    }
}

/// 32 numbers of `width` bits, lowest bits first.
fn pack(part: &[i64], width: u32, bytes: &mut Vec<u8>) {
    let (mut bits, mut count) = (0_u64, 0);
    for number in part {
        let number = number.cast_unsigned();
        bits |= number << count;
        count += width;
        if 64 <= count {
            bytes.extend(bits.to_le_bytes());
            count -= 64;
            bits = number.checked_shr(width - count).unwrap_or(0);
        }
    }
    if count != 0 {
        bytes.extend(bits.to_le_bytes().into_iter().take(count as usize / 8));
    }
}

fn zigzag(number: i64, bytes: &mut Vec<u8>) {
    varint(((number << 1) ^ (number >> 63)).cast_unsigned(), bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(bytes: &mut &[u8]) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    }

    fn signed(bytes: &mut &[u8]) -> i64 {
        let number = number(bytes);
        (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
    }

    /// As the specification of the format says, bit by bit.
    fn undelta(mut bytes: &[u8]) -> Vec<i64> {
        let bytes = &mut bytes;
        assert_eq!((number(bytes), number(bytes)), (128, 4));
        let count = number(bytes) as usize;
        let mut numbers = vec![signed(bytes)];
        while numbers.len() < count {
            let least = signed(bytes);
            let widths = bytes[..4].to_vec();
            *bytes = &bytes[4..];
            for width in widths {
                if count <= numbers.len() {
                    break;
                }
                let width = usize::from(width);
                let bit = |at: usize| u64::from(bytes[at / 8] >> (at % 8) & 1);
                for at in 0..PART {
                    let rest = (0..width).fold(0, |sum, b| sum | bit(at * width + b) << b);
                    let last = *numbers.last().unwrap();
                    numbers.push(last.wrapping_add(least).wrapping_add(rest.cast_signed()));
                }
                *bytes = &bytes[PART * width / 8..];
            }
        }
        assert!(bytes.is_empty());
        numbers.truncate(count);
        numbers
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            numbers in prop::collection::vec(prop_oneof![any::<i64>(), -5_i64..5, 0..1_i64 << 40, Just(i64::MAX)], 1..400),
        ) {
            let mut bytes = Vec::new();
            delta(&numbers, &mut bytes);
            prop_assert_eq!(undelta(&bytes), numbers);
        }
    }
}
