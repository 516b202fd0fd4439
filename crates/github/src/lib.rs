//! The calls that the actions make to GitHub, one function and one typed error each
