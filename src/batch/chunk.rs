//! One column of a Parquet row group, written page by page without the library's own column writers.

use super::coded::{hybrid, varint};
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// The bytes of a column and what the file says of them.
pub(super) type Written = (Vec<u8>, ColumnCloseResult);

/// Writes a page of `rows` cells behind its dictionary, if it has one.
pub(super) fn write(
    descr: &ColumnDescPtr,
    dictionary: Option<Page>,
    data: Page,
    rows: usize,
    statistics: Statistics,
) -> Result<Written> {
    let of = |page_type, encoding| PageEncodingStats { page_type, encoding, count: 1 };
    let (mut encodings, mut stats) =
        (vec![data.encoding(), Encoding::RLE], vec![of(PageType::DATA_PAGE, data.encoding())]);
    if let Some(page) = &dictionary {
        encodings.push(page.encoding());
        stats.insert(0, of(PageType::DICTIONARY_PAGE, page.encoding()));
    }
    let mut bytes = TrackedWrite::new(Vec::with_capacity(data.buffer().len() + 64));
    let mut pages = SerializedPageWriter::new(&mut bytes);
    let mut size = (0, 0);
    let mut write = |page: Page| {
        let length = page.buffer().len();
        let spec = pages.write_page(CompressedPage::new(page, length))?;
        size = (size.0 + spec.uncompressed_size, size.1 + spec.compressed_size);
        Ok::<_, parquet::errors::ParquetError>(spec.offset as i64)
    };
    let dictionary = dictionary.map(&mut write).transpose()?;
    let data = write(data)?;
    pages.close()?;
    let metadata = ColumnChunkMetaData::builder(descr.clone())
        .set_compression(Compression::UNCOMPRESSED)
        .set_encodings(encodings)
        .set_page_encoding_stats(stats)
        .set_total_uncompressed_size(size.0 as i64)
        .set_total_compressed_size(size.1 as i64)
        .set_num_values(rows as i64)
        .set_dictionary_page_offset(dictionary)
        .set_data_page_offset(data)
        .set_statistics(statistics)
        .build()?;
    let bytes = bytes.into_inner()?;
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((bytes, close))
}

/// A page of plain data whose bytes, levels included, are `buf`.
pub(super) fn page(buf: Vec<u8>, rows: usize, encoding: Encoding) -> Page {
    Page::DataPage {
        buf: buf.into(),
        num_values: rows as u32,
        encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    }
}

/// The definition levels at the start of a page: nothing in a column that is never missing, else one bit a cell, `missing` of
/// them unset.
pub(super) fn levels(
    descr: &ColumnDescPtr,
    missing: usize,
    there: impl ExactSizeIterator<Item = bool>,
    bytes: &mut Vec<u8>,
) {
    if descr.max_def_level() == 0 {
        return;
    }
    let start = bytes.len();
    bytes.extend([0; 4]);
    let rows = there.len();
    if missing == 0 || missing == rows {
        varint((rows << 1) as u64, bytes);
        bytes.push(u8::from(missing == 0));
    } else {
        let levels: Vec<u32> = there.map(u32::from).collect();
        hybrid(&levels, 1, bytes);
    }
    let length = (bytes.len() - start - 4) as u32;
    for (slot, byte) in bytes.iter_mut().skip(start).zip(length.to_le_bytes()) {
        *slot = byte;
    }
}
