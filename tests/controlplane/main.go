// Command controlplane runs a real Kubernetes control plane on loopback for
// tests: etcd, kube-apiserver, kube-controller-manager and kube-scheduler,
// compiled from the published Go modules into one multi-call binary.
//
//	controlplane up --data-dir DIR [flags]     supervise a whole cluster
//	controlplane etcd|kube-apiserver|kube-controller-manager|kube-scheduler ...
//	controlplane provisioner ...               PersistentVolumes for claims
//	controlplane kubectl ...
//
// Every component is its own child process (the same binary, re-executed).
// Two of them in one process do not work with unpatched upstream packages:
// k8s.io/apiserver/pkg/server.SetupSignalContext may be called once only and
// both NewAPIServerCommand and the scheduler's command call it. Separate
// processes also let a test stop, kill or pause one component.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	_ "time/tzdata" // CronJob spec.timeZone without the host's tzdata

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"

	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func init() {
	// Children are started with PR_SET_PDEATHSIG, which is tied to the
	// starting thread: keep the main goroutine on the main thread.
	runtime.LockOSThread()
}

func main() {
	// Called through a link named after a component: behave as that component.
	name := filepath.Base(os.Args[0])
	args := os.Args[1:]
	switch name {
	case "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "provisioner", "kubectl":
	default:
		if len(args) == 0 {
			fmt.Fprintln(os.Stderr, "usage: controlplane up|etcd|kube-apiserver|kube-controller-manager|kube-scheduler|provisioner|kubectl [flags]")
			os.Exit(2)
		}
		name, args = args[0], args[1:]
	}
	os.Args = append([]string{name}, args...) // cobra reads os.Args
	switch name {
	case "up":
		os.Exit(report(up(args)))
	case "etcd":
		os.Exit(report(etcdMain(args)))
	case "provisioner":
		os.Exit(report(provisionerMain(args)))
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubectl":
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	}
	fmt.Fprintf(os.Stderr, "controlplane: unknown component %q\n", name)
	os.Exit(2)
}

func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "controlplane:", err)
	return 1
}
