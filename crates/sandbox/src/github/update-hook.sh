#!/bin/sh
# Git's update hook: $1 ref, $2 old, $3 new. Exit code 1 refuses the one ref.
zero=0000000000000000000000000000000000000000

refuse() {
  if [ -f "$SANDBOX_REFUSALS/$1" ]; then
    cat "$SANDBOX_REFUSALS/$1"
    exit 1
  fi
}

file=$(echo "$1" | tr / _)
refuse "$file"
if [ "$3" = $zero ]; then exit 0; fi
if [ "$2" != $zero ] && ! git merge-base --is-ancestor "$2" "$3"; then
  refuse "$file.forced"
fi

# A workflow file needs a permission of its own, unless another branch has the very same file.
if [ -n "$SANDBOX_NO_WORKFLOWS" ]; then
  old=$2
  if [ "$2" = $zero ]; then
    old=$(git merge-base HEAD "$3" || echo 4b825dc642cb6eb9a060e54bf8d69288fbee4904)
  fi
  git diff-tree -r --name-only --no-renames "$old" "$3" -- .github/workflows | while read -r path; do
    blob=$(git rev-parse --verify --quiet "$3:$path") || continue
    for tip in $(git for-each-ref --format='%(objectname)' refs/heads); do
      if [ "$(git rev-parse --verify --quiet "$tip:$path")" = "$blob" ]; then continue 2; fi
    done
    echo "refusing to allow a GitHub App to create or update workflow \`$path\` without \`workflows\` permission"
    exit 1
  done
fi
