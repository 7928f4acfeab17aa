package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// errPortTaken says that a start lost the race for a port.
var errPortTaken = errors.New("a chosen port was taken by another program")

// up runs a whole cluster until a signal, or the end of stdin where asked.
func up(args []string) error {
	o, err := parseOptions(args, os.Stderr)
	if err != nil {
		return err
	}
	end := make(chan os.Signal, 2)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if o.untilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end <- syscall.SIGTERM
		}()
	}
	if o.remove {
		defer os.RemoveAll(o.dir)
	}
	for attempt := 1; ; attempt++ {
		err := runCluster(o, end)
		if !errors.Is(err, errPortTaken) || attempt == 5 {
			return err
		}
		fmt.Fprintln(os.Stderr, "controlplane:", err, "- starting again with others")
		if err := empty(o.dir); err != nil {
			return err
		}
	}
}

// empty removes what a failed start has left in the data folder.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// runCluster starts a cluster, tells that it is ready, and minds it.
func runCluster(o *options, end <-chan os.Signal) error {
	began := time.Now()
	p, err := choosePorts()
	if err != nil {
		return err
	}
	files := layout{o.dir}
	server := fmt.Sprintf("https://127.0.0.1:%d", p.apiserver)
	api, err := files.writeFiles(server)
	if err != nil {
		return err
	}
	configs, err := writeStages(o, files.stages())
	if err != nil {
		return err
	}
	s := newSupervisor(files, o.restart, end)
	defer s.killAll()
	b := &blueprint{layout: files, options: o, ports: p, api: api}
	if err := s.boot(b, append(configs, o.kwokConfigs...), began.Add(o.timeout)); err != nil {
		return err
	}
	control, err := s.serveControl()
	if err != nil {
		return err
	}
	defer control.Close()
	s.state = state{
		Server: server, Kubeconfig: files.adminKubeconfig(), Etcd: b.etcdURL(), AuditLog: files.auditLog(),
		Logs: files.logs(), Control: control.Addr().String(), ReadyMillis: time.Since(began).Milliseconds(),
	}
	if err := s.save(); err != nil {
		return err
	}
	fmt.Printf("READY %s %s\n", server, files.adminKubeconfig())
	return s.mind()
}

// boot starts the components in order, each when the one before is healthy
// where it needs it, and makes the objects that every cluster has.
func (s *supervisor) boot(b *blueprint, kwokConfigs []string, deadline time.Time) error {
	if err := s.add(b.etcdComponent(), deadline); err != nil {
		return err
	}
	if err := s.add(b.apiserverComponent(), deadline); err != nil {
		return err
	}
	if b.apiOnly {
		return nil
	}
	if err := b.api.createStorage(); err != nil {
		return err
	}
	for i := range b.nodes {
		if err := b.api.createNode(i); err != nil {
			return err
		}
	}
	late := []*component{b.controllerManagerComponent(), b.schedulerComponent(), b.provisionerComponent(), b.kwokComponent(kwokConfigs)}
	if b.withMetrics {
		if err := b.api.registerMetrics(b.ports.metrics); err != nil {
			return err
		}
		late = append(late, b.metricsComponent())
	}
	for _, c := range late {
		if err := s.launch(c); err != nil {
			return err
		}
	}
	for _, c := range late {
		if err := s.await(deadline, c.name, c.healthy); err != nil {
			return err
		}
	}
	// Pods are refused by the ServiceAccount admission plug-in until the
	// controller manager has made this one.
	return s.await(deadline, "the default service account", func() bool {
		return b.api.status("/api/v1/namespaces/default/serviceaccounts/default") == 200
	})
}
