#!/bin/sh
# Posts a preview as one comment of a pull request, and edits that comment the next time.
#
#   comment.sh FILE
#
# GitHub: GITHUB_TOKEN, GITHUB_REPOSITORY, PULL_REQUEST (its number), GITHUB_API_URL.
# GitLab: GITLAB_TOKEN, CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID.
#
# The comment is found by the hidden marker in its first line. Needs curl and jq.
set -eu

file=${1:?usage: comment.sh FILE}
marker='<!-- tidegate:preview:v1'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "comment.sh: $*" >&2
  exit 1
}

case $(head -n 1 "$file") in
"$marker"*) ;;
*) fail "$file does not begin with the marker of a preview; make it with 'tidegate preview'" ;;
esac

if [ -n "${GITHUB_TOKEN:-}" ]; then
  auth="Authorization: Bearer $GITHUB_TOKEN"
  issues="${GITHUB_API_URL:-https://api.github.com}/repos/${GITHUB_REPOSITORY:?}/issues"
  list="$issues/${PULL_REQUEST:?the number of the pull request}/comments"
  one() { echo "$issues/comments/$1"; }
  edit=PATCH
elif [ -n "${GITLAB_TOKEN:-}" ]; then
  auth="PRIVATE-TOKEN: $GITLAB_TOKEN"
  list="${CI_API_V4_URL:?}/projects/${CI_PROJECT_ID:?}/merge_requests/${CI_MERGE_REQUEST_IID:?}/notes"
  one() { echo "$list/$1"; }
  edit=PUT
else
  fail 'set GITHUB_TOKEN or GITLAB_TOKEN'
fi

# The token goes through a file, so that it is in no argument list.
printf 'header = "%s"\n' "$auth" >"$work/curlrc"

# call METHOD URL [BODY]: the answer's body in $work/answer, its status in $status.
call() {
  set -- -X "$1" "$2" ${3:+--data-binary "@$3"}
  status=$(curl --config "$work/curlrc" --silent --show-error --max-time 30 --retry 3 \
    --header 'Content-Type: application/json' --output "$work/answer" --write-out '%{http_code}' "$@") ||
    fail 'the forge cannot be reached'
}

# The comment that carries the marker, page by page.
id=
page=1
while [ -z "$id" ]; do
  call GET "$list?per_page=100&page=$page"
  [ "$status" = 200 ] || fail "the forge answered $status to listing comments: $(head -c 300 "$work/answer")"
  id=$(jq -r --arg marker "$marker" '[.[] | select(.body | startswith($marker)) | .id][0] // empty' "$work/answer")
  [ "$(jq length "$work/answer")" = 100 ] || break
  page=$((page + 1))
done

jq -Rs '{body: .}' <"$file" >"$work/body"
if [ -n "$id" ]; then
  done=edited
  call "$edit" "$(one "$id")" "$work/body"
else
  done=posted
  call POST "$list" "$work/body"
fi
case $status in
200 | 201) echo "comment.sh: $done the preview" ;;
403)
  # A pull request from a fork has a token that only reads. The preview is not lost.
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$file" >>"$GITHUB_STEP_SUMMARY"
  echo 'comment.sh: this token may not comment (a pull request from a fork?); the preview is in the job summary' >&2
  ;;
*) fail "the forge answered $status: $(head -c 300 "$work/answer")" ;;
esac
