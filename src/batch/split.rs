//! CSV split into records, strictly (RFC 4180), with one bad record costing one row.
//!
//! A lenient reader joins `A,"abc,1` and `B,"def",2` into one row with the right number of columns: one price
//! wrong, one lost. Here a quoted field must be closed, and followed by a comma or the end of the line; if it is
//! not, the record is its first line alone, it is reported, and reading goes on with the next line. A quote inside
//! an unquoted field (`5" pipe`) is a plain character.

use std::io::{self, Read};

/// The longest record: beyond it, a forgotten quote is more likely than a long text.
const RECORD_BYTES_MAX: usize = 1 << 20;
const READ_BYTES: usize = 1 << 16;

/// Splits a stream of bytes. A byte-order mark is dropped; lines end in LF or CRLF; empty lines are skipped.
pub(super) struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the next record starts in `buffer`.
    start: usize,
    ended: bool,
    /// The line of the next record.
    line: u64,
    /// Bytes taken from the input so far.
    bytes: u64,
}

/// One record; of a faulty one, the fields before the fault.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub line: u64,
    pub fault: Option<Fault>,
    text: Vec<u8>,
    ends: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quoted field is not closed, or text follows its end.
    Quotes,
    TooLong,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: its end, or the first of two.
    Closing,
    ClosedCr,
}

enum Scan {
    Done { consumed: usize },
    More,
    Fault,
}

impl<R: Read> Splitter<R> {
    pub fn new(input: R) -> io::Result<Self> {
        let mut splitter = Self { input, buffer: Vec::new(), start: 0, ended: false, line: 1, bytes: 0 };
        while splitter.buffer.len() < 3 && !splitter.ended {
            splitter.fill()?;
        }
        if splitter.buffer.starts_with(b"\xef\xbb\xbf") {
            splitter.start = 3;
        }
        Ok(splitter)
    }

    /// How far the input has been read.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the next record into `record`; `false` at the end.
    pub fn next(&mut self, record: &mut Record) -> io::Result<bool> {
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or(&[]);
            if rest.is_empty() && self.ended {
                return Ok(false);
            }
            record.line = self.line;
            match scan(rest, record, self.ended) {
                Scan::Done { consumed } => {
                    let taken = rest.get(..consumed).unwrap_or(rest);
                    let blank = matches!(taken, b"\n" | b"\r\n");
                    self.line += taken.iter().filter(|byte| **byte == b'\n').count() as u64;
                    self.start += consumed;
                    if !blank {
                        return Ok(true);
                    }
                }
                Scan::More if rest.len() < RECORD_BYTES_MAX => self.fill()?,
                Scan::More | Scan::Fault => {
                    self.skip_line(record)?;
                    return Ok(true);
                }
            }
        }
    }

    /// Takes one line as a faulty record, however long it is.
    fn skip_line(&mut self, record: &mut Record) -> io::Result<()> {
        record.fault = Some(Fault::Quotes);
        self.line += 1;
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or(&[]);
            match rest.iter().position(|byte| *byte == b'\n') {
                Some(at) => {
                    self.start += at + 1;
                    return Ok(());
                }
                None if self.ended => {
                    self.start = self.buffer.len();
                    return Ok(());
                }
                None => {
                    if RECORD_BYTES_MAX <= rest.len() {
                        record.fault = Some(Fault::TooLong);
                        self.start = self.buffer.len();
                    }
                    self.fill()?;
                }
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + READ_BYTES, 0);
        let read = loop {
            match self.input.read(self.buffer.get_mut(kept..).unwrap_or(&mut [])) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                self.buffer.truncate(kept);
                return Err(error);
            }
        };
        self.buffer.truncate(kept + read);
        self.ended = read == 0;
        self.bytes += read as u64;
        Ok(())
    }
}

fn scan(bytes: &[u8], record: &mut Record, ended: bool) -> Scan {
    use State::{ClosedCr, Closing, Plain, Quoted, Start};
    record.text.clear();
    record.ends.clear();
    record.fault = None;
    let mut state = Start;
    for (at, &byte) in bytes.iter().enumerate() {
        state = match (state, byte) {
            (Quoted, b'"') => Closing,
            (Start, b'"') => Quoted,
            (Start | Plain | Closing, b',') => {
                record.ends.push(record.text.len());
                Start
            }
            (Start | Plain, b'\n') => {
                record.end_plain_line();
                return Scan::Done { consumed: at + 1 };
            }
            (Closing | ClosedCr, b'\n') => {
                record.ends.push(record.text.len());
                return Scan::Done { consumed: at + 1 };
            }
            (Closing, b'\r') => ClosedCr,
            (Quoted, _) | (Closing, b'"') => {
                record.text.push(byte);
                Quoted
            }
            (Start | Plain, _) => {
                record.text.push(byte);
                Plain
            }
            (Closing | ClosedCr, _) => return Scan::Fault,
        };
    }
    match state {
        _ if !ended => return Scan::More,
        Quoted => return Scan::Fault,
        Start | Plain => record.end_plain_line(),
        Closing | ClosedCr => record.ends.push(record.text.len()),
    }
    Scan::Done { consumed: bytes.len() }
}

impl Record {
    /// Ends the last field of a line that may end in CRLF.
    fn end_plain_line(&mut self) {
        let field = self.ends.last().copied().unwrap_or(0);
        if field < self.text.len() && self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        self.ends.push(self.text.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let end = self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before)?,
            None => &0,
        };
        self.text.get(*start..*end)
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map_while(|at| self.get(at))
    }

    /// The field that a fault cut off.
    pub fn cut(&self) -> &[u8] {
        let read = self.ends.last().copied().unwrap_or(0);
        self.text.get(read..).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and fields; a fault is shown as `!`.
    fn split(text: &[u8]) -> Vec<(u64, Vec<String>)> {
        let mut splitter = Splitter::new(text).unwrap();
        let (mut record, mut rows) = (Record::default(), Vec::new());
        while splitter.next(&mut record).unwrap() {
            let mut fields: Vec<String> =
                record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            if record.fault.is_some() {
                fields.push("!".into());
            }
            rows.push((record.line, fields));
        }
        rows
    }

    fn check(text: &str, expected: &[(u64, &[&str])]) {
        let expected: Vec<(u64, Vec<String>)> = expected
            .iter()
            .map(|(line, fields)| (*line, fields.iter().map(|field| (*field).to_owned()).collect()))
            .collect();
        assert_eq!(split(text.as_bytes()), expected, "{text:?}");
    }

    #[test]
    fn records_have_their_lines() {
        check(
            "\u{feff}a,b\r\n1,\r\n\r\n\"x\ny\",\"2\"\"\"\r\nlast,3",
            &[(1, &["a", "b"]), (2, &["1", ""]), (4, &["x\ny", "2\""]), (6, &["last", "3"])],
        );
        check("", &[]);
        check("\n\n", &[]);
        check("a\r", &[(1, &["a"])]);
        check(",\n", &[(1, &["", ""])]);
        check("\"\"\n5\" pipe,2\n", &[(1, &[""]), (2, &["5\" pipe", "2"])]);
    }

    #[test]
    fn a_forgotten_quote_costs_one_row() {
        check(
            "A,\"abc,1\nB,\"def\",2\nC,x,3\n",
            &[(1, &["A", "!"]), (2, &["B", "def", "2"]), (3, &["C", "x", "3"])],
        );
        check("A,\"abc\nB,x", &[(1, &["A", "!"]), (2, &["B", "x"])]);
        check("A,\"abc\"d,1\nB,x,2", &[(1, &["A", "!"]), (2, &["B", "x", "2"])]);
    }

    #[test]
    fn a_line_without_end_is_one_faulty_record() {
        let long = format!("A,{}\nB,1\n", "x".repeat(5 << 20));
        let rows = split(long.as_bytes());
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1], (2, vec!["B".to_owned(), "1".to_owned()]));
    }

    #[test]
    fn any_read_size_gives_the_same_records() {
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else {
                    return Ok(0);
                };
                into[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        let text = "\u{feff}a,b\r\n\"x\ny\",2\r\nz,\"open\nlast,3\r\n".as_bytes();
        let mut splitter = Splitter::new(Slow(text)).unwrap();
        let (mut record, mut lines) = (Record::default(), Vec::new());
        while splitter.next(&mut record).unwrap() {
            lines.push((record.line, record.fault));
        }
        assert_eq!(lines, [(1, None), (2, None), (4, Some(Fault::Quotes)), (5, None)]);
    }
}
