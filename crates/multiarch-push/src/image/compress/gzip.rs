//! A gzip member (RFC 1952) out of blocks that are compressed side by side.
//!
//! One member, and not one for each block, which the format would allow too: readers that stop after the first
//! member exist (confidential-containers/guest-components#561, awslabs/soci-snapshotter#1871).

use std::{
    collections::VecDeque,
    io::{self, Write},
    mem,
    sync::mpsc::Receiver,
};

use flate2::Crc;

use super::{
    Pool,
    block::{BLOCK, Block},
};

/// No time, no name, and no operating system: nothing that could differ.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Compresses what is written to it.
#[derive(Debug)]
pub(crate) struct Gzip<W> {
    output: W,
    pool: Pool,
    block: Vec<u8>,
    waiting: VecDeque<Receiver<io::Result<Block>>>,
    crc: Crc,
    length: u64,
}

impl<W: Write> Gzip<W> {
    /// Begins the member.
    pub(super) fn new(pool: &Pool, mut output: W) -> io::Result<Self> {
        output.write_all(&HEADER)?;
        Ok(Self {
            output,
            pool: pool.clone(),
            block: Vec::new(),
            waiting: VecDeque::new(),
            crc: Crc::new(),
            length: 0,
        })
    }

    /// Compresses what is left, and ends the member.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.submit(true)?;
        while let Some(block) = self.waiting.pop_front() {
            self.receive(&block)?;
        }
        self.output.write_all(&self.crc.sum().to_le_bytes())?;
        // The format has room for the length modulo 2^32.
        let length = self.length.to_le_bytes();
        self.output.write_all(length.first_chunk::<4>().unwrap_or(&[0; 4]))?;
        Ok(self.output)
    }

    fn submit(&mut self, is_last: bool) -> io::Result<()> {
        if self.waiting.len() > self.pool.threads()
            && let Some(block) = self.waiting.pop_front()
        {
            self.receive(&block)?;
        }
        self.waiting.push_back(self.pool.submit(mem::take(&mut self.block), is_last)?);
        Ok(())
    }

    /// Waits for the oldest block and writes it.
    fn receive(&mut self, block: &Receiver<io::Result<Block>>) -> io::Result<()> {
        let block = block.recv().map_err(|_| io::Error::other("a thread that compresses broke off"))??;
        self.crc.combine(&block.crc);
        self.output.write_all(&block.bytes)
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.block.capacity() == 0 {
            self.block.reserve_exact(BLOCK);
        }
        let taken = buffer.len().min(BLOCK - self.block.len());
        let (now, _) = buffer.split_at(taken);
        self.block.extend_from_slice(now);
        self.length += taken as u64;
        if self.block.len() == BLOCK {
            self.submit(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
