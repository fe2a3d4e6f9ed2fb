//! Answers in folders named after what they hold, `market=DE/channel=own/part-0.parquet`: the layout that Hive, Spark, DuckDB and
//! polars read as one table. The folder is written aside, under a name of its own that ends in `.part`, and takes its name when it is whole.

use super::BatchError;
use super::answered::{Answered, Cells};
use super::parquet_sink::ROW_GROUP_ROWS;
use super::sink::{Format, PartFile, Sink, make_part};
use super::table::output_schema;
use arrow_array::Array;
use arrow_schema::{Schema, SchemaRef};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that all parts may hold in memory together: then the fullest writes a row group.
const HELD_MAX: usize = 4 * ROW_GROUP_ROWS;

/// What answers are parted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartBy {
    Market,
    Channel,
    Status,
}

impl PartBy {
    pub const ALL: [Self; 3] = [Self::Market, Self::Channel, Self::Status];

    /// The column of the output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Channel => "channel",
            Self::Status => "status",
        }
    }
}

/// Where answers go.
pub(super) enum Output {
    One(Box<Sink>),
    Parts(Box<Parts>),
}

/// What was written and still has to be published.
pub(super) enum Written {
    One(PartFile),
    Parts(Folder, Vec<PartFile>),
}

impl Output {
    pub fn create(path: &Path, by: &[PartBy]) -> Result<Self, BatchError> {
        if by.is_empty() {
            return Ok(Self::One(Box::new(Sink::create(path, output_schema(), ROW_GROUP_ROWS)?)));
        }
        Ok(Self::Parts(Box::new(Parts::create(path, by)?)))
    }

    /// Writes a block; `go_on` says between some rows whether there is still somebody who wants it.
    pub fn write(
        &mut self,
        block: Answered,
        go_on: &dyn Fn() -> Result<(), BatchError>,
    ) -> Result<(), BatchError> {
        match self {
            Self::One(sink) => sink.write(block, go_on),
            Self::Parts(parts) => parts.write(&block, go_on),
        }
    }

    /// Ends all files; they still have to be published.
    pub fn finish(self, go_on: &dyn Fn() -> Result<(), BatchError>) -> Result<Written, BatchError> {
        match self {
            Self::One(sink) => Ok(Written::One(sink.finish(go_on)?)),
            Self::Parts(parts) => {
                let Parts { folder, sinks, .. } = *parts;
                let files = sinks.into_values().map(|sink| sink.finish(go_on));
                let files = files.collect::<Result<Vec<PartFile>, BatchError>>()?;
                Ok(Written::Parts(folder, files))
            }
        }
    }
}

impl Written {
    /// Makes everything visible under its name, at once.
    pub fn publish(self) -> Result<(), BatchError> {
        match self {
            Self::One(file) => file.publish(),
            Self::Parts(folder, files) => {
                files.into_iter().try_for_each(PartFile::publish)?;
                folder.publish()
            }
        }
    }
}

/// The files of a folder, one for each value of the columns that they are parted by.
pub(super) struct Parts {
    // Before the folder: its files close first.
    sinks: BTreeMap<Box<str>, Sink>,
    folder: Folder,
    /// The columns that name the folders, and those that are in the files.
    by: Vec<(usize, PartBy)>,
    kept: Vec<usize>,
    schema: SchemaRef,
    file: &'static str,
}

impl Parts {
    fn create(path: &Path, by: &[PartBy]) -> Result<Self, BatchError> {
        let whole = output_schema();
        let names = |by: &PartBy| whole.index_of(by.name()).map(|at| (at, *by));
        let by = by.iter().map(names).collect::<Result<Vec<_>, _>>()?;
        let kept: Vec<usize> =
            (0..whole.fields().len()).filter(|at| by.iter().all(|(named, _)| named != at)).collect();
        let file = match Format::of(path) {
            Ok(Format::Csv) => "part-0.csv",
            _ => "part-0.parquet",
        };
        let schema: Schema = whole.project(&kept)?;
        let folder = Folder::create(path)?;
        Ok(Self { sinks: BTreeMap::new(), folder, by, kept, schema: Arc::new(schema), file })
    }

    fn write(
        &mut self,
        block: &Answered,
        go_on: &dyn Fn() -> Result<(), BatchError>,
    ) -> Result<(), BatchError> {
        for (name, rows) in self.parts_of(block)? {
            let sink = match self.sinks.get_mut(&name) {
                Some(sink) => sink,
                None => {
                    let folder = self.folder.aside.join(&*name);
                    std::fs::create_dir_all(&folder).map_err(|error| BatchError::io(&folder, error))?;
                    let sink = Sink::create(&folder.join(self.file), self.schema.clone(), 0)?;
                    self.sinks.entry(name).or_insert(sink)
                }
            };
            sink.write(block.taken(&rows, &self.kept), go_on)?;
        }
        while HELD_MAX < self.sinks.values().map(Sink::held).sum()
            && let Some(fullest) = self.sinks.values_mut().max_by_key(|sink| sink.held())
        {
            fullest.flush(go_on)?;
        }
        Ok(())
    }

    /// The rows of a block by the folder that they go to.
    fn parts_of(&self, block: &Answered) -> Result<BTreeMap<Box<str>, Vec<usize>>, BatchError> {
        let lost = || BatchError::Internal("a column is lost".into());
        let columns = self.by.iter().map(|(at, by)| {
            let (keys, texts) = block.columns.get(*at).and_then(Cells::words).ok_or_else(lost)?;
            Ok((*by, keys, texts))
        });
        let columns: Vec<_> = columns.collect::<Result<_, BatchError>>()?;
        // By the numbers of the texts first: a block has many rows and few parts.
        let mut by_keys: BTreeMap<Vec<i32>, Vec<usize>> = BTreeMap::new();
        let mut keys = Vec::with_capacity(columns.len());
        for row in 0..block.rows() {
            keys.clear();
            keys.extend(columns.iter().map(|(_, keys, _)| keys.get(row).copied().unwrap_or(-1)));
            match by_keys.get_mut(&keys) {
                Some(rows) => rows.push(row),
                None => drop(by_keys.insert(keys.clone(), vec![row])),
            }
        }
        let mut parts = BTreeMap::new();
        for (keys, rows) in by_keys {
            let mut name = String::new();
            for ((by, _, texts), key) in columns.iter().zip(keys) {
                let at = usize::try_from(key).ok().filter(|at| *at < texts.len()).ok_or_else(lost)?;
                let slash = if name.is_empty() { "" } else { "/" };
                let _ = write!(name, "{slash}{}={}", by.name(), folder_text(texts.value(at)));
            }
            parts.insert(name.into(), rows);
        }
        Ok(parts)
    }
}

/// A text as a part of a folder's name: what is not a letter, a digit or one of `-_.` as `%2F`, as Hive writes it.
fn folder_text(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

/// A folder under the name `….PROCESS.part`: it takes its name when it is published, and goes when it is dropped before.
pub(super) struct Folder {
    path: PathBuf,
    aside: PathBuf,
    published: bool,
}

impl Folder {
    fn create(path: &Path) -> Result<Self, BatchError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            let why = format!("cannot be written: there is no folder `{}`; make it first", parent.display());
            return Err(BatchError::io(path, why));
        }
        if path.is_file() {
            return Err(BatchError::io(path, "is a file: with `--partition` the output is a folder"));
        }
        // What is there is replaced as a whole, so it must be nothing but an earlier output.
        if path.exists()
            && let Some(foreign) = foreign(path)?
        {
            let why = format!(
                "would be replaced, and holds `{}`, which is no part of an output: give another folder",
                foreign.display()
            );
            return Err(BatchError::io(path, why));
        }
        let (aside, ()) = make_part(path, |part| std::fs::create_dir(part))?;
        Ok(Self { path: path.to_owned(), aside, published: false })
    }

    /// Takes the place of what is there. For a moment, between two renames, there is no folder of the name, and never a mixed one. A run
    /// that publishes in that moment is replaced in turn: the last one stays.
    fn publish(mut self) -> Result<(), BatchError> {
        const TRIES: usize = 100;
        let io = |error| BatchError::io(&self.path, error);
        for _ in 0..TRIES {
            let (old, ()) = make_part(&self.path, |old| std::fs::create_dir(old))?;
            // A folder takes the place of an empty one; without one there the empty one goes again.
            let replaces = match std::fs::rename(&self.path, &old) {
                Ok(()) => true,
                Err(error) if error.kind() == ErrorKind::NotFound => false,
                Err(error) => {
                    let _ = std::fs::remove_dir(&old);
                    return Err(io(error));
                }
            };
            let done = std::fs::rename(&self.aside, &self.path);
            let between = done.as_ref().err().map(std::io::Error::kind);
            let between = matches!(between, Some(ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists));
            if replaces && done.is_err() && !between {
                std::fs::rename(&old, &self.path).map_err(io)?;
            } else {
                std::fs::remove_dir_all(&old).map_err(|error| BatchError::io(&old, error))?;
            }
            match done {
                Ok(()) => {
                    self.published = true;
                    return Ok(());
                }
                Err(error) if !between => return Err(io(error)),
                Err(_) => {}
            }
        }
        Err(BatchError::io(
            &self.path,
            "is replaced by other runs all the time: give each run a folder of its own",
        ))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.published {
            // Nothing can be done about a folder that cannot be removed; its name says what it is.
            let _ = std::fs::remove_dir_all(&self.aside);
        }
    }
}

/// Something in a folder that no output put there: all else are folders `market=…` and the like, with parts in them.
fn foreign(folder: &Path) -> Result<Option<PathBuf>, BatchError> {
    let io = |error| BatchError::io(folder, error);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_str().unwrap_or("");
        let is_folder = entry.file_type().map_err(io)?.is_dir();
        let known = match is_folder {
            true => {
                PartBy::ALL.iter().any(|by| name.split_once('=').is_some_and(|(key, _)| key == by.name()))
            }
            false => name.strip_suffix(".part").unwrap_or(name).starts_with("part-0."),
        };
        if !known {
            return Ok(Some(path));
        }
        if is_folder && let Some(found) = foreign(&path)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
