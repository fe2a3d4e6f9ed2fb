//! A Parquet column of texts that repeat, written from their numbers: pages of runs and packed bits (RLE), a dictionary before them.
//!
//! The library's writer hashes the text of every row; here each distinct text of a batch is looked up once.

use super::chunk::{self, Written};
use crate::facts::Map;
use arrow_array::{Array, StringArray};
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescPtr;

/// The number of a missing text.
const MISSING: u32 = u32::MAX;
/// A text of a batch that no row has named yet.
const UNSEEN: u32 = u32::MAX - 1;

/// One column of a row group.
#[derive(Debug)]
pub(super) struct CodedColumn {
    descr: ColumnDescPtr,
    known: Map<Box<str>, u32>,
    texts: Vec<Box<str>>,
    keys: Vec<u32>,
}

impl CodedColumn {
    pub fn new(descr: ColumnDescPtr) -> Self {
        Self { descr, known: Map::default(), texts: Vec::new(), keys: Vec::new() }
    }

    /// Adds rows, by the numbers of their texts; one that is no number of a text is missing.
    pub fn add(&mut self, keys: &[i32], texts: &StringArray) {
        let mut numbers = vec![UNSEEN; texts.len()];
        self.keys.reserve(keys.len());
        // Many columns say the same all through a block.
        if let Some(first) = keys.first()
            && keys.iter().all(|key| key == first)
        {
            let text = usize::try_from(*first).ok().filter(|first| *first < texts.len());
            let number = text.map_or(MISSING, |text| self.number(texts.value(text)));
            self.keys.extend(std::iter::repeat_n(number, keys.len()));
            return;
        }
        for key in keys {
            let number = match usize::try_from(*key).ok().and_then(|key| numbers.get_mut(key)) {
                None => MISSING,
                Some(number) if *number == UNSEEN => {
                    *number = self.number(texts.value(*key as usize));
                    *number
                }
                Some(number) => *number,
            };
            self.keys.push(number);
        }
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(MISSING);
        self.texts.push(text.into());
        self.known.insert(text.into(), number);
        number
    }

    /// The bytes of the column and what the file says of them.
    pub fn finish(self) -> Result<Written> {
        let missing = self.keys.iter().filter(|key| **key == MISSING).count();
        let end = |text: Option<&Box<str>>| text.map(|text| ByteArray::from(text.as_bytes().to_vec()));
        let (least, most) = (end(self.texts.iter().min()), end(self.texts.iter().max()));
        let distinct = Some(self.texts.len() as u64);
        let statistics = Statistics::byte_array(least, most, distinct, Some(missing as u64), false);
        let dictionary = (!self.texts.is_empty()).then(|| self.dictionary_page());
        let data = self.data_page(missing);
        chunk::write(&self.descr, dictionary, data, self.keys.len(), statistics)
    }

    fn dictionary_page(&self) -> Page {
        let mut texts = Vec::new();
        for text in &self.texts {
            texts.extend((text.len() as u32).to_le_bytes());
            texts.extend(text.as_bytes());
        }
        Page::DictionaryPage {
            buf: texts.into(),
            num_values: self.texts.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        }
    }

    fn data_page(&self, missing: usize) -> Page {
        let mut bytes = Vec::new();
        chunk::levels(&self.descr, missing, self.keys.iter().map(|key| *key != MISSING), &mut bytes);
        let coded = !self.texts.is_empty();
        if coded {
            let width = (usize::BITS - (self.texts.len() - 1).leading_zeros()).max(1);
            bytes.push(width as u8);
            match missing {
                0 => hybrid(&self.keys, width, &mut bytes),
                _ => {
                    let keys: Vec<u32> = self.keys.iter().copied().filter(|key| *key != MISSING).collect();
                    hybrid(&keys, width, &mut bytes);
                }
            }
        }
        let encoding = if coded { Encoding::RLE_DICTIONARY } else { Encoding::PLAIN };
        chunk::page(bytes, self.keys.len(), encoding)
    }
}

/// Parquet's RLE/bit-packing hybrid: eight equal numbers or more are a run, others are packed in groups of eight.
pub(super) fn hybrid(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    let mut rest = numbers;
    let mut packed = 0;
    while let Some(first) = rest.get(packed) {
        let run = rest.iter().skip(packed).take_while(|number| *number == first).count();
        // A run may have to fill up a group before it.
        let fill = packed.next_multiple_of(8) - packed;
        if run < fill + 8 {
            packed += run;
            continue;
        }
        let (group, after) = rest.split_at(packed + fill);
        pack(group, width, bytes);
        varint(((run - fill) << 1) as u64, bytes);
        bytes.extend(first.to_le_bytes().iter().take(width.div_ceil(8) as usize));
        rest = after.get(run - fill..).unwrap_or(&[]);
        packed = 0;
    }
    pack(rest, width, bytes);
}

/// Numbers of `width` bits, lowest bits first; the last group is filled with zeros.
fn pack(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(8);
    varint((groups << 1 | 1) as u64, bytes);
    let end = bytes.len() + groups * width as usize;
    let (mut bits, mut count) = (0_u64, 0);
    for number in numbers {
        bits |= u64::from(*number) << count;
        count += width;
        while 8 <= count {
            bytes.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    }
    if 0 < count {
        bytes.push(bits as u8);
    }
    bytes.resize(end, 0);
}

pub(super) fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(mut bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (mut head, mut shift) = (0_usize, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                head |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            if head & 1 == 0 {
                let size = width.div_ceil(8) as usize;
                let value = bytes[..size].iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
                numbers.extend(std::iter::repeat_n(value, head >> 1));
                bytes = &bytes[size..];
            } else {
                let size = (head >> 1) * width as usize;
                let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
                let number =
                    |at: usize| (0..width as usize).fold(0, |sum, b| sum | bit(at * width as usize + b) << b);
                numbers.extend((0..(head >> 1) * 8).map(number));
                bytes = &bytes[size..];
            }
        }
        assert!(bytes.is_empty());
        numbers.truncate(count);
        numbers
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(runs in prop::collection::vec((0_u32..200_000, 1_usize..40), 0..30), width in 1_u32..20) {
            let runs = runs.iter().flat_map(|(number, length)| std::iter::repeat_n(number % (1 << width), *length));
            let numbers: Vec<u32> = runs.collect();
            let mut bytes = Vec::new();
            hybrid(&numbers, width, &mut bytes);
            prop_assert_eq!(unpack(&bytes, width, numbers.len()), numbers);
        }
    }
}
