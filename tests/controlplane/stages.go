package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed stages/*.yaml
var builtInStages embed.FS

// endsAfter is the annotation that says how long a deleted pod takes to end.
const endsAfter = "test.controlplane/ends-after"

var podEnds = regexp.MustCompile(`^(immediate|seeded|never|[0-9]+s)$`)

func checkPodEnd(word string) error {
	if !podEnds.MatchString(word) {
		return fmt.Errorf("up: --pod-end is %q: give immediate, seeded, never or a number of seconds such as 7s", word)
	}
	return nil
}

// writeStages writes kwok's configuration with this cluster's settings filled
// in, and returns the files' names.
func writeStages(o *options, into string) ([]string, error) {
	from, err := fs.Sub(builtInStages, "stages")
	if err != nil {
		return nil, err
	}
	if o.stages != "" {
		from = os.DirFS(o.stages)
	}
	names, err := fs.Glob(from, "*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("up: no stages")
	}
	var files []string
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(into, name)
		if err := os.WriteFile(file, []byte(fillIn(string(text), o)), 0o644); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// howPodEnds is jq for the seconds that a deleted pod takes to end, or "never".
const howPodEnds = `(.metadata.annotations["` + endsAfter + `"] // "@POD_END@") as $how | ` +
	`if $how == "immediate" then 0 elif $how == "never" then $how elif $how == "seeded" then ` +
	`("@SEED@/\(.metadata.namespace)/\(.metadata.name)/\(.metadata.labels["controller-revision-hash"] // "")" ` +
	`| explode | reduce .[] as $c (7; (. * 1103 + $c * 12289) % 2147483647) | . % 21) ` +
	`else ($how | rtrimstr("s") | tonumber) end`

// What a container's status has once the container was started; for Go
// templates, inside a range over the containers.
const (
	imageID = `{{ if contains "@sha256:" .image }}{{ .image | Quote }}{{ else }}` +
		`{{ printf "%s@sha256:%s" (regexReplaceAll ":[^:/]*$" .image "") (sha256sum .image) | Quote }}{{ end }}`
	containerID = `{{ printf "containerd://%s" (sha256sum (printf "%s/%s" $.metadata.uid .name)) | Quote }}`
	container   = `name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: ` + imageID +
		`, containerID: ` + containerID + `, restartCount: 0`
)

// containersEnded is the status of a pod all of whose containers have ended,
// by themselves, on SIGTERM, or killed at the end of the grace period.
const containersEnded = `{{ $now := Now }}
{{ $started := or .status.startTime $now }}
{{ $code := get (or .metadata.annotations (dict)) "test.controlplane/exit-code" | default "0" | int }}
{{ with .metadata.deletionTimestamp }}
{{ if gt (now | unixEpoch | int64) (toDate "2006-01-02T15:04:05Z07:00" . | unixEpoch | int64) }}{{ $code = 137 }}{{ end }}
{{ end }}
{{ $reason := "PodCompleted" }}{{ $ended := "Completed" }}{{ $phase := "Succeeded" }}
{{ if ne $code 0 }}{{ $reason = "PodFailed" }}{{ $ended = "Error" }}{{ $phase = "Failed" }}{{ end }}
conditions:
- {type: PodReadyToStartContainers, status: "False", lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: {{ $reason }}, lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: {{ $reason }}, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- {` + container + `, ready: false, started: false, state: {terminated: {exitCode: {{ $code }}, reason: {{ $ended }}, containerID: ` + containerID + `, startedAt: {{ $started | Quote }}, finishedAt: {{ $now | Quote }}}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- {` + container + `, ready: true, started: false, state: {terminated: {exitCode: 0, reason: Completed, containerID: ` + containerID + `, startedAt: {{ $started | Quote }}, finishedAt: {{ $now | Quote }}}}}
{{ end }}
phase: {{ $phase }}`

// fillIn replaces the placeholders of a stage file. kwok's templates cannot
// share text between stages, so what several need stands here once.
func fillIn(text string, o *options) string {
	how := strings.NewReplacer("@POD_END@", o.podEnd, "@SEED@", strconv.FormatInt(o.seed, 10)).Replace(howPodEnds)
	return strings.NewReplacer(
		"@ENDS_AFTER@", how,
		"@CONTAINER@", container,
		"@IMAGE_ID@", imageID,
		"@CONTAINER_ID@", containerID,
		"@ENDED@", strings.ReplaceAll(containersEnded, "\n", "\n      "), // inside a block scalar
	).Replace(text)
}
