//! Assembles and pushes multi-arch images
