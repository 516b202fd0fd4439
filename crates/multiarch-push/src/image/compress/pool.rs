//! The threads that compress, shared by all layers of a run.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use super::block::{Block, BlockCompressor};

/// Threads that wait for blocks until the pool is gone.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    jobs: SyncSender<Job>,
    threads: usize,
}

/// A block to compress, and where the result goes.
#[derive(Debug)]
struct Job {
    input: Vec<u8>,
    is_last: bool,
    done: SyncSender<io::Result<Block>>,
}

impl Pool {
    /// Starts as many threads as there are processors.
    pub(crate) fn new() -> Self {
        Self::of(thread::available_parallelism().map_or(2, usize::from))
    }

    /// Starts `threads` threads.
    pub(crate) fn of(threads: usize) -> Self {
        // No more blocks wait than there are threads, so that memory is bounded however many layers there are.
        let (jobs, queue) = sync_channel::<Job>(threads);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = queue.clone();
            thread::spawn(move || work(&queue));
        }
        Self { jobs, threads }
    }

    /// Returns the number of threads.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Hands a block over; waits while too many are waiting.
    pub(super) fn submit(&self, input: Vec<u8>, is_last: bool) -> io::Result<Receiver<io::Result<Block>>> {
        let (done, result) = sync_channel(1);
        let job = Job { input, is_last, done };
        self.jobs.send(job).map_err(|_| io::Error::other("no thread that compresses is left"))?;
        Ok(result)
    }
}

/// Compresses blocks until there is no one left to send any.
fn work(queue: &Mutex<Receiver<Job>>) {
    let mut compressor = BlockCompressor::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whoever has given up on the layer no longer wants the block.
        let _ = job.done.send(compressor.compress(&job.input, job.is_last));
    }
}
