package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// repeated is a flag that may be given more than once.
type repeated []string

func (r *repeated) String() string     { return strings.Join(*r, " ") }
func (r *repeated) Set(s string) error { *r = append(*r, s); return nil }

// options are the flags of `up`.
type options struct {
	dir         string
	remove      bool
	nodes       int
	kwok        string
	metrics     string
	withMetrics bool
	stages      string
	podEnd      string
	seed        int64
	restart     bool
	apiOnly     bool
	untilEOF    bool
	timeout     time.Duration
	apiFlags    repeated
	kcmFlags    repeated
	schedFlags  repeated
	kwokConfigs repeated
}

func parseOptions(args []string, words io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("up", flag.ContinueOnError)
	fs.SetOutput(words)
	fs.StringVar(&o.dir, "data-dir", "", "fresh folder for certificates, etcd data, logs, kubeconfigs and cluster.json")
	fs.BoolVar(&o.remove, "remove", false, "remove the data folder at the end")
	fs.IntVar(&o.nodes, "nodes", 3, "fake nodes to create")
	fs.StringVar(&o.kwok, "kwok", "", "path of the kwok binary (default: beside this binary)")
	fs.BoolVar(&o.withMetrics, "with-metrics-server", false, "run metrics-server, for HorizontalPodAutoscalers")
	fs.StringVar(&o.metrics, "metrics-server", "", "path of the metrics-server binary (default: beside this binary)")
	fs.StringVar(&o.stages, "stages", "", "folder of kwok stages to use in place of the built-in ones")
	fs.StringVar(&o.podEnd, "pod-end", "immediate", "how long a deleted pod takes to end: immediate, seeded (0-20 s), never, or a number of seconds such as 7s; a pod's annotation "+endsAfter+" wins")
	fs.Int64Var(&o.seed, "seed", 1, "seed of the seeded pod ends")
	fs.BoolVar(&o.restart, "restart", true, "start a component again when it exits by itself")
	fs.BoolVar(&o.apiOnly, "api-only", false, "etcd and kube-apiserver only")
	fs.BoolVar(&o.untilEOF, "until-stdin-closes", false, "end when stdin reaches its end")
	fs.DurationVar(&o.timeout, "timeout", 2*time.Minute, "time allowed until the cluster is ready")
	fs.Var(&o.kwokConfigs, "kwok-config", "further kwok configuration file; repeatable")
	fs.Var(&o.apiFlags, "kube-apiserver-flag", "extra kube-apiserver flag; repeatable")
	fs.Var(&o.kcmFlags, "kube-controller-manager-flag", "extra kube-controller-manager flag; repeatable")
	fs.Var(&o.schedFlags, "kube-scheduler-flag", "extra kube-scheduler flag; repeatable")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("up: unexpected argument %q", fs.Arg(0))
	}
	return o, o.complete()
}

// complete checks the options and fills in what was not given.
func (o *options) complete() error {
	if o.dir == "" {
		return errors.New("up: --data-dir is required")
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	o.dir = dir
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("up: %s is not empty; give a fresh folder", dir)
	}
	if err := checkPodEnd(o.podEnd); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if o.kwok == "" {
		o.kwok = filepath.Join(filepath.Dir(self), "kwok")
	}
	if o.metrics == "" {
		o.metrics = filepath.Join(filepath.Dir(self), "metrics-server")
	}
	if o.apiOnly {
		return nil
	}
	if _, err := os.Stat(o.kwok); err != nil {
		return fmt.Errorf("up: no kwok: %w", err)
	}
	if _, err := os.Stat(o.metrics); o.withMetrics && err != nil {
		return fmt.Errorf("up: no metrics-server (build.sh --with-metrics-server makes it): %w", err)
	}
	return nil
}
