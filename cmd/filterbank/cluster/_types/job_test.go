// Package types decodes the Job for Kubernetes into the API's types, and holds it against the
// rules that the API's documentation names. It is a module of its own, so that the program does
// not depend on Kubernetes.
package types

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation"

	"filterbank/cmd/filterbank/cluster"
)

// decode writes a pod's YAML and decodes it as the API server does with strict field validation:
// unknown, misspelt and repeated fields are errors.
func decode(t *testing.T, p cluster.Pod) (*batchv1.Job, *corev1.ConfigMap) {
	t.Helper()
	var b bytes.Buffer
	if err := cluster.Kubernetes(&b, p); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	var files corev1.ConfigMap
	if len(p.Files) > 0 {
		first, rest, found := strings.Cut(text, "\n---\n")
		if !found {
			t.Fatalf("no two documents:\n%s", text)
		}
		text = rest
		decodeStrictly(t, first, &files)
	}
	var job batchv1.Job
	decodeStrictly(t, text, &job)
	return &job, &files
}

func decodeStrictly(t *testing.T, text string, into runtime.Object) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{batchv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	if _, _, err := decoder.Decode([]byte(text), nil, into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func pod(tasks int, words ...string) cluster.Pod {
	return cluster.Pod{
		Job: cluster.Job{
			Command: append([]string{"filterbank", "run"}, words...), Shards: 2 * tasks, Tasks: tasks, Workers: 2, Memory: 768 << 20,
			Grace: 25 * time.Second, Out: "s3://bucket/maps", Basis: "Basis.",
		},
		Image: "registry.example/filterbank:1", Bucket: true,
		Volumes: []cluster.Volume{{Claim: "photos", Path: "/photos"}, {Claim: "maps", Path: "/maps"}},
		Files:   []cluster.File{{Name: "stack.yaml", Text: "version: 1\n# \"é\"\n---\nlayers: []\n"}},
	}
}

// What a pod's exit code or condition leads to.
func TestPolicy(t *testing.T) {
	job, _ := decode(t, pod(64))
	rules := job.Spec.PodFailurePolicy.Rules
	for code, want := range map[int32]batchv1.PodFailurePolicyAction{
		1: batchv1.PodFailurePolicyActionFailIndex, 2: batchv1.PodFailurePolicyActionFailJob,
		75: batchv1.PodFailurePolicyActionCount, 130: batchv1.PodFailurePolicyActionIgnore,
		137: "", // the default: Count
	} {
		var got batchv1.PodFailurePolicyAction
		if i := slices.IndexFunc(rules, func(r batchv1.PodFailurePolicyRule) bool {
			return r.OnExitCodes != nil && r.OnExitCodes.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && slices.Contains(r.OnExitCodes.Values, code)
		}); i >= 0 {
			got = rules[i].Action
		}
		if got != want {
			t.Errorf("exit code %d leads to %q, want %q", code, got, want)
		}
	}
	// A disrupted pod may end with any code, so that its rule comes first.
	first := rules[0]
	if first.Action != batchv1.PodFailurePolicyActionIgnore || len(first.OnPodConditions) != 1 ||
		first.OnPodConditions[0] != (batchv1.PodFailurePolicyOnPodConditionsPattern{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}) {
		t.Errorf("the first rule is %+v", first)
	}
}

// The rules are documented in k8s.io/api/batch/v1/types.go at the fields that they name.
func TestDocumentedRules(t *testing.T) {
	for _, tasks := range []int{1, 7, 64, 100_000} {
		job, _ := decode(t, pod(tasks))
		s := job.Spec
		check := func(ok bool, rule string) {
			t.Helper()
			if !ok {
				t.Errorf("%d tasks: %s", tasks, rule)
			}
		}
		check(job.APIVersion == "batch/v1" && job.Kind == "Job", "TypeMeta")
		check(len(validation.IsDNS1123Label(job.Name)) == 0, "the name is part of the pods' host names")
		check(s.CompletionMode != nil && *s.CompletionMode == batchv1.IndexedCompletion, "completionMode")
		check(s.Completions != nil && int(*s.Completions) == tasks, "Indexed: completions must be specified")
		check(s.Parallelism != nil && 1 <= *s.Parallelism && *s.Parallelism <= 100_000, "Indexed: parallelism must be at most 10^5")
		check(s.BackoffLimitPerIndex != nil && *s.BackoffLimitPerIndex >= 0, "FailIndex and maxFailedIndexes need backoffLimitPerIndex")
		check(s.Template.Spec.RestartPolicy == corev1.RestartPolicyNever, "backoffLimitPerIndex and podFailurePolicy need restartPolicy Never")
		check(s.MaxFailedIndexes != nil && 0 <= *s.MaxFailedIndexes && int(*s.MaxFailedIndexes) <= tasks, "maxFailedIndexes is at most completions")
		check(s.MaxFailedIndexes != nil && *s.MaxFailedIndexes <= 10_000, "maxFailedIndexes is at most 10^4 if completions are more than 10^5")
		check(s.BackoffLimit == nil, "backoffLimit has its default, 2147483647, with backoffLimitPerIndex")
		check(s.PodReplacementPolicy == nil, "podReplacementPolicy has its default, Failed, the only one with podFailurePolicy")
		rules := s.PodFailurePolicy.Rules
		check(len(rules) <= 20, "at most 20 rules")
		for _, r := range rules {
			check((r.OnExitCodes == nil) != (r.OnPodConditions == nil), "a rule has exit codes or conditions, and not both")
			check(len(r.OnPodConditions) <= 20, "at most 20 conditions")
			if e := r.OnExitCodes; e != nil {
				check(1 <= len(e.Values) && len(e.Values) <= 255, "1 to 255 exit codes")
				check(slices.IsSorted(e.Values) && len(slices.Compact(slices.Clone(e.Values))) == len(e.Values), "exit codes are ordered, without duplicates")
				check(!slices.Contains(e.Values, 0), "0 cannot be used with In")
				check(e.ContainerName != nil && *e.ContainerName == s.Template.Spec.Containers[0].Name, "containerName names a container")
			}
		}
	}
}

// The pod has what the run needs: time to end, memory, the bucket's secret, folders and files.
func TestPod(t *testing.T) {
	p := pod(64)
	job, files := decode(t, p)
	spec := job.Spec.Template.Spec
	c := spec.Containers[0]
	if grace := *spec.TerminationGracePeriodSeconds; grace <= int64(p.Grace/time.Second) {
		t.Errorf("the pod has %d s to end, and the run %v", grace, p.Grace)
	}
	if c.Image != p.Image || len(c.Command) > 0 {
		t.Errorf("image %q, command %q", c.Image, c.Command)
	}
	if got := c.Resources.Requests.Memory().Value(); got != 1<<30 || c.Resources.Limits.Memory().Value() != got {
		t.Errorf("memory %d, want 4/3 of the run's", got)
	}
	if got := c.Resources.Requests.Cpu().Value(); got != 2 {
		t.Errorf("%d processors, want 2", got)
	}
	if len(c.EnvFrom) != 1 || !*c.EnvFrom[0].SecretRef.Optional || c.EnvFrom[0].SecretRef.Name != "filterbank-s3" {
		t.Errorf("environment from %+v", c.EnvFrom)
	}
	mounted := map[string]string{}
	for _, m := range c.VolumeMounts {
		mounted[m.Name] = m.MountPath
	}
	paths := map[string]string{}
	for _, v := range spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			paths[mounted[v.Name]] = v.PersistentVolumeClaim.ClaimName
		case v.ConfigMap != nil:
			paths[mounted[v.Name]] = "config map " + v.ConfigMap.Name
		case v.EmptyDir != nil:
			paths[mounted[v.Name]] = "empty"
		}
	}
	want := map[string]string{"/tmp": "empty", "/photos": "photos", "/maps": "maps", cluster.ConfigFolder: "config map " + files.Name}
	if len(paths) != len(want) || len(mounted) != len(want) {
		t.Errorf("folders %v, want %v", paths, want)
	}
	for path, source := range want {
		if paths[path] != source {
			t.Errorf("%s is %q, want %q", path, paths[path], source)
		}
	}
	if files.Kind != "ConfigMap" || files.APIVersion != "v1" || !strings.HasPrefix(files.Name, "filterbank-") || files.Immutable == nil || !*files.Immutable {
		t.Errorf("%+v", files)
	}
}

// The files have every byte.
func TestFiles(t *testing.T) {
	for _, text := range []string{
		"version: 1\nlayers: []\n", "no newline", "", "\n", "\n\n", "a\n\n", "  indented\nless\n", "\n  a\n\n\nb\n", " ", " \n", "a \n \n  \n b\n",
		"\ttab\n", "a\tb\n", "---\n", "a\n---\nb\n", "...\n", "# a\n", "é\n", "\ufeffa\n", "\r\n", "a\r\nb\n", "\u2028\n", "a\u0085b", "{{.}}\n", "- %a: |2-\n", "\"'\\\n",
	} {
		p := pod(1)
		p.Files[0].Text = text
		if _, files := decode(t, p); files.Data["stack.yaml"] != text {
			t.Errorf("%q became %q", text, files.Data["stack.yaml"])
		}
	}
}

// Without a bucket, volumes and files there is one document, and a pod of its own.
func TestPlainPod(t *testing.T) {
	p := pod(1)
	p.Bucket, p.Volumes, p.Files = false, nil, nil
	job, _ := decode(t, p)
	c := job.Spec.Template.Spec.Containers[0]
	if len(c.EnvFrom) > 0 || len(c.VolumeMounts) != 1 || len(job.Spec.Template.Spec.Volumes) != 1 {
		t.Errorf("%+v", c)
	}
}

// Every word of the command reaches the program.
func TestArguments(t *testing.T) {
	words := []string{"", "a b", "$HOME", "$(HOME)", "$$(HOME)", "$$", "$", "yes", "null", "1e3", ": x", "- x", "#", "'\"\\", "a\nb", "\x1b[31m", "é\u2028\u0085\U000e0001", "{{.Out}}", "%s", "\t"}
	job, _ := decode(t, pod(64, words...))
	var got []string
	for _, arg := range job.Spec.Template.Spec.Containers[0].Args {
		got = append(got, expand(arg))
	}
	want := append([]string{"run", "--shards=128", "--shard=auto", "--tasks=64"}, words...)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// expand is what becomes of an argument in a container whose environment has HOME, as the
// documentation of args in k8s.io/api/core/v1/types.go has it.
func expand(arg string) string {
	var b strings.Builder
	for i := 0; i < len(arg); i++ {
		switch {
		case strings.HasPrefix(arg[i:], "$$"):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(arg[i:], "$(HOME)"):
			b.WriteString("/root")
			i += len("(HOME)")
		default:
			b.WriteByte(arg[i])
		}
	}
	return b.String()
}
