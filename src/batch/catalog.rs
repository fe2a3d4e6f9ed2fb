//! The files of an items feed, read one after the other as if they were one.

use super::columns::{Ignored, item_headers, item_meaning};
use super::rows::item_reader;
use super::source::{Block, Source};
use super::{BLOCK_ROWS, BatchError, Columns};
use crate::pricing::Release;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;

/// Files that can be read: each was opened and its columns understood once.
#[derive(Clone, Debug)]
pub struct Catalog<'a> {
    release: &'a Release,
    paths: Vec<PathBuf>,
    block_rows: usize,
    /// The bytes of all files.
    pub total: u64,
    /// Columns that are not read, each once.
    pub ignored: Vec<Ignored>,
    /// What lies in the folders of the catalog and is not read.
    pub passed_over: Vec<PathBuf>,
}

/// What arguments name.
#[derive(Clone, Debug, Default)]
pub struct FeedFiles {
    pub files: Vec<PathBuf>,
    /// What else lies in the folders among them.
    pub passed_over: Vec<PathBuf>,
}

/// Where a block comes from.
#[derive(Debug)]
pub(super) struct Origin {
    pub path: PathBuf,
    pub columns: Columns,
}

/// A block and its file.
pub(super) type Found = (Arc<Origin>, Block);

impl<'a> Catalog<'a> {
    /// Looks at every file, so that the last one does not fail a run of an hour.
    ///
    /// # Errors
    /// A file that cannot be read, or lacks columns.
    pub fn open(paths: &[PathBuf], release: &'a Release) -> Result<Self, BatchError> {
        let mut catalog = Self {
            release,
            paths: paths.to_owned(),
            block_rows: BLOCK_ROWS,
            total: 0,
            ignored: Vec::new(),
            passed_over: Vec::new(),
        };
        let known = item_headers(release);
        for path in paths {
            let source = catalog.source(path)?;
            item_reader(release, path, &source.columns)?;
            catalog.total += source.total;
            for ignored in source.columns.ignored(&known) {
                if !catalog.ignored.contains(&ignored) {
                    catalog.ignored.push(ignored);
                }
            }
        }
        Ok(catalog)
    }

    /// The same, read in blocks of another size.
    #[must_use]
    pub fn with_block_rows(self, block_rows: usize) -> Self {
        Self { block_rows, ..self }
    }

    /// The same, which tells what its folders hold beside it.
    #[must_use]
    pub fn with_passed_over(self, passed_over: Vec<PathBuf>) -> Self {
        Self { passed_over, ..self }
    }

    /// How many files it has.
    #[must_use]
    pub fn files(&self) -> usize {
        self.paths.len()
    }

    fn source(&self, path: &Path) -> Result<Source, BatchError> {
        Source::open(path, self.block_rows, |header| item_meaning(self.release, header))
    }

    /// Reads until the end, an error, a cancel, or nobody wants more.
    pub(super) fn read_ahead(&self, blocks: &SyncSender<Result<Found, BatchError>>, cancel: &AtomicBool) {
        let mut before = 0;
        for path in &self.paths {
            match self.read_file(path, before, blocks, cancel) {
                Ok(bytes) => before += bytes,
                Err(Some(error)) => return drop(blocks.send(Err(error))),
                Err(None) => return,
            }
        }
    }

    /// Hands every block to `take`, in order.
    pub(super) fn each_block(
        &self,
        cancel: &AtomicBool,
        mut take: impl FnMut(&Path, &Columns, Block) -> Result<(), BatchError>,
    ) -> Result<(), BatchError> {
        for path in &self.paths {
            let mut source = self.source(path)?;
            let columns = source.columns.clone();
            while let Some(block) = source.next_unless(cancel)? {
                take(path, &columns, block)?;
            }
        }
        Ok(())
    }

    /// Gives the size of the file; no error when nobody wants more.
    fn read_file(
        &self,
        path: &Path,
        before: u64,
        blocks: &SyncSender<Result<Found, BatchError>>,
        cancel: &AtomicBool,
    ) -> Result<u64, Option<BatchError>> {
        let mut source = self.source(path)?;
        let origin = Arc::new(Origin { path: path.to_owned(), columns: source.columns.clone() });
        while let Some(mut block) = source.next_unless(cancel)? {
            block.done += before;
            blocks.send(Ok((origin.clone(), block))).map_err(|_| None)?;
        }
        Ok(source.total)
    }
}

/// The files that arguments name: files as they stand, of a folder those that end in `.csv` or `.parquet` (`.CSV` too) and do not
/// start with a dot, by name.
///
/// # Errors
/// A folder without such files, or a file that is named twice.
pub fn feed_files(named: &[PathBuf]) -> Result<FeedFiles, BatchError> {
    let (mut files, mut passed_over): (Vec<PathBuf>, Vec<PathBuf>) = Default::default();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let io = |error| BatchError::io(path, error);
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(io)? {
            let file = entry.map_err(io)?.path();
            let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("");
            let known = ["csv", "parquet"].iter().any(|known| ending.eq_ignore_ascii_case(known));
            let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            match file.is_file() && known && !hidden {
                true => inside.push(file),
                false => passed_over.push(file),
            }
        }
        if inside.is_empty() {
            return Err(BatchError::io(path, "is a folder without `.csv` or `.parquet` files"));
        }
        inside.sort();
        files.extend(inside);
    }
    let mut known = std::collections::HashSet::new();
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    match files.iter().find(|path| !known.insert(real(path))) {
        Some(twice) => Err(BatchError::Usage(format!("`{}` is named twice", twice.display()))),
        None => {
            passed_over.sort();
            Ok(FeedFiles { files, passed_over })
        }
    }
}
