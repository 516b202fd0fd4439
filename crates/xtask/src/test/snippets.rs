//! The YAML that READMEs and guides show, as workflows that a linter can read.

use std::{fs, path::Path};

/// Writes each YAML block of the READMEs below `root` as a workflow into `directory`, and returns how many there are.
pub(super) fn write(root: &Path, directory: &Path) -> Result<usize, String> {
    let mut count = 0;
    for path in readmes(root) {
        let text =
            fs::read_to_string(root.join(&path)).map_err(|error| format!("cannot read {path}: {error}"))?;
        for (number, block) in blocks(&text).into_iter().enumerate() {
            let name = format!("{}-{number}.yml", path.trim_end_matches(".md").replace('/', "-"));
            fs::write(directory.join(&name), workflow(&block))
                .map_err(|error| format!("cannot write {name}: {error}"))?;
            count += 1;
        }
    }
    Ok(count)
}

fn readmes(root: &Path) -> Vec<String> {
    let mut paths =
        ["README.md", "docs/pushing.md", "examples/product/README.md"].map(str::to_owned).to_vec();
    let actions = fs::read_dir(root.join("actions")).into_iter().flatten().flatten();
    paths.extend(actions.map(|entry| format!("actions/{}/README.md", entry.file_name().to_string_lossy())));
    paths
}

/// Returns the content of each block that is marked as YAML.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("```yaml\n").skip(1);
    parts.filter_map(|part| part.split_once("\n```").map(|(block, _)| block.to_owned())).collect()
}

/// Completes a part of a workflow: steps, or keys of a job.
fn workflow(block: &str) -> String {
    const JOB: &str = "on: push\njobs:\n  shown:\n    runs-on: ubuntu-latest\n";
    let indented = |by: usize| -> String {
        block
            .lines()
            .map(|line| format!("{}{line}\n", " ".repeat(if line.is_empty() { 0 } else { by })))
            .collect()
    };
    if block.contains("jobs:") {
        format!("{block}\n")
    } else if block.starts_with("- ") {
        format!("{JOB}    steps:\n{}", indented(6))
    } else {
        let steps = if block.contains("steps:") { "" } else { "    steps:\n      - run: \"true\"\n" };
        format!("{JOB}{}{steps}", indented(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_workflows() {
        let text =
            "a\n```yaml\n- run: x\n```\nb\n```sh\nno\n```\n```yaml\npermissions:\n  contents: read\n```\n";
        let workflows: Vec<String> = blocks(text).iter().map(|block| workflow(block)).collect();
        assert_eq!(workflows.len(), 2);
        assert!(workflows[0].ends_with("    steps:\n      - run: x\n"), "{}", workflows[0]);
        assert!(workflows[1].contains("      contents: read\n    steps:\n"), "{}", workflows[1]);
    }
}
