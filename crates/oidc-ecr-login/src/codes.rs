//! The failures that this action has besides AWS's.

use model::{Code, Exit};

/// The user's file is broken.
pub const DOCKER_CONFIG_INVALID: Code = Code {
    id: "docker-config-invalid",
    exit: Exit::Input,
    meaning: "The Docker configuration that is there cannot be read, by Docker no more than by this action.",
    remedy: "Mend or remove the file that is named; it is never written over.",
};

/// AWS's and this one, for docs/errors.md.
pub const ALL: &[&Code] = &with_those_of_aws();

const fn with_those_of_aws() -> [&'static Code; aws::codes::ALL.len() + 1] {
    let mut all = [&DOCKER_CONFIG_INVALID; aws::codes::ALL.len() + 1];
    let mut index = 0;
    while index < aws::codes::ALL.len() {
        all[index] = aws::codes::ALL[index];
        index += 1;
    }
    all
}
