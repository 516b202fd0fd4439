//! Sets scalars in YAML and leaves every other byte as it is
