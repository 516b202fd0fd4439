use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::image::oci::digest_of;

/// Text that compresses about as well as programs do, the same for the same seed.
fn sample(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = state.to_le_bytes();
        bytes.extend_from_slice(&word[..usize::from(word[7] % 5)]);
        bytes.extend_from_slice(&b"the same again and again "[..usize::from(word[6] % 24)]);
    }
    bytes.truncate(length);
    bytes
}

fn compressed(kind: Compression, threads: usize, input: &[u8], piece: usize) -> Vec<u8> {
    let pool = Pool::of(threads);
    let mut compressor = Compressor::new(kind, &pool, Vec::new()).unwrap();
    for piece in input.chunks(piece) {
        compressor.write_all(piece).unwrap();
        compressor.flush().unwrap();
    }
    compressor.finish().unwrap()
}

fn plain(kind: Compression, bytes: &[u8]) -> Vec<u8> {
    match kind {
        Compression::Gzip => {
            // The reader that stops after one member.
            let mut reader = flate2::bufread::GzDecoder::new(bytes);
            let mut plain = Vec::new();
            reader.read_to_end(&mut plain).unwrap();
            assert!(reader.into_inner().is_empty(), "there is more than one member");
            plain
        }
        Compression::Zstd => {
            let mut reader = zstd::Decoder::with_buffer(bytes).unwrap().single_frame();
            let mut plain = Vec::new();
            reader.read_to_end(&mut plain).unwrap();
            assert!(reader.finish().is_empty(), "there is more than one frame");
            plain
        }
    }
}

#[test]
fn it_reads_back_as_one_whole_around_the_ends_of_blocks() {
    for kind in [Compression::Gzip, Compression::Zstd] {
        for length in [0, 1, block::BLOCK - 1, block::BLOCK, block::BLOCK + 1, 2 * block::BLOCK] {
            let input = sample(length, 1);
            assert!(plain(kind, &compressed(kind, 2, &input, 65_536)) == input, "{kind:?} {length}");
        }
    }
}

#[test]
fn what_cannot_be_compressed_is_kept() {
    let mut input = vec![0; 700_000];
    noise(&mut input);
    let bytes = compressed(Compression::Gzip, 1, &input, input.len());
    assert!(bytes.len() < input.len() + 1000);
    assert!(plain(Compression::Gzip, &bytes) == input);
}

fn noise(bytes: &mut [u8]) {
    let mut state = 1_u64;
    for byte in bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = state.to_be_bytes()[0];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn neither_processors_nor_pieces_change_it(
        length in 0..1_300_000_usize, seed: u64, threads in 1..17_usize, piece in 1_000..700_000_usize,
    ) {
        let input = sample(length, seed);
        let one = compressed(Compression::Gzip, 1, &input, usize::MAX);
        prop_assert!(compressed(Compression::Gzip, threads, &input, piece) == one);
        prop_assert!(plain(Compression::Gzip, &one) == input);
    }
}

#[test]
fn neither_workers_nor_pieces_change_zstd() {
    let input = sample(9 << 20, 3);
    let one = compressed(Compression::Zstd, 1, &input, usize::MAX);
    for (threads, piece) in [(2, 4096), (16, 3_000_000)] {
        assert!(compressed(Compression::Zstd, threads, &input, piece) == one, "{threads} {piece}");
    }
    assert!(plain(Compression::Zstd, &one) == input);
}

/// A change here means that layers which are in registries already are sent again under another digest: if it is
/// meant, raise `FORMAT`.
#[test]
fn the_bytes_stay_the_same_from_version_to_version() {
    let input = sample(6 << 20, 7);
    let digest = |kind| digest_of(&compressed(kind, 3, &input, 100_000)).to_string();
    insta::assert_snapshot!(digest(Compression::Gzip), @"sha256:eabfcfc7b421208c5dbdcc9395449803c685084a38f0bfc57a1aa0fb760341d9");
    insta::assert_snapshot!(digest(Compression::Zstd), @"sha256:a942375a4c39195e52c37345ee6a094156af3cae630784945af4ae69faf8b1b7");
}

#[test]
fn names() {
    for kind in [Compression::Gzip, Compression::Zstd] {
        assert_eq!(kind.as_str().parse::<Compression>().unwrap(), kind);
    }
    assert!("xz".parse::<Compression>().is_err());
}
