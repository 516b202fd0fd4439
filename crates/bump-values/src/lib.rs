//! Sets image tags and other scalars in YAML files of a Git repository
