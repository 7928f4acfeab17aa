package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// state is written to cluster.json for the tests.
type state struct {
	Server      string `json:"server"`
	Kubeconfig  string `json:"kubeconfig"`
	Etcd        string `json:"etcd"`
	AuditLog    string `json:"auditLog"`
	Logs        string `json:"logs"`
	Control     string `json:"control"`
	ReadyMillis int64  `json:"readyMillis"`
}

// supervisor owns the components. Everything in it is touched by the main
// goroutine only; others send it commands.
type supervisor struct {
	layout
	restart  bool
	parts    []*component // in start order
	exits    chan exit
	commands chan command
	end      <-chan os.Signal
	state    state
}

func newSupervisor(l layout, restart bool, end <-chan os.Signal) *supervisor {
	return &supervisor{layout: l, restart: restart, end: end, exits: make(chan exit, 64), commands: make(chan command)}
}

// launch starts a new component.
func (s *supervisor) launch(c *component) error {
	c.logs = s.logs()
	s.parts = append(s.parts, c)
	return c.start(s.exits)
}

// add starts a new component and waits until it is healthy.
func (s *supervisor) add(c *component, deadline time.Time) error {
	if err := s.launch(c); err != nil {
		return err
	}
	return s.await(deadline, c.name, c.healthy)
}

// await waits during the start; any component's exit ends it.
func (s *supervisor) await(deadline time.Time, what string, ok func() bool) error {
	for !ok() {
		select {
		case x := <-s.exits:
			if x.component.portTaken() {
				return fmt.Errorf("%s: %w", x.component.name, errPortTaken)
			}
			return fmt.Errorf("%s exited while waiting for %s: %v (see %s)", x.component.name, what, x.err, s.logs())
		case <-s.end:
			return fmt.Errorf("ended while waiting for %s", what)
		case <-time.After(30 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("timed out waiting for %s (see %s)", what, s.logs())
		}
	}
	return nil
}

// mind carries out commands and starts again what exits by itself, until told
// to end.
func (s *supervisor) mind() error {
	for {
		select {
		case <-s.end:
			return nil
		case c := <-s.commands:
			c.reply <- c.do(s)
		case x := <-s.exits:
			if err := s.reap(x); err != nil {
				return err
			}
		}
	}
}

// reap notes the end of a process. One that was killed on request stays down;
// another is started again, as an init system would.
func (s *supervisor) reap(x exit) error {
	c := x.component
	if x.cmd != c.cmd {
		return nil
	}
	c.exited()
	if c.state == killed {
		return nil
	}
	if !s.restart {
		return fmt.Errorf("%s exited: %v", c.name, x.err)
	}
	fmt.Fprintf(os.Stderr, "controlplane: %s exited (%v), starting it again\n", c.name, x.err)
	c.state = crashed
	time.AfterFunc(300*time.Millisecond, func() {
		s.commands <- command{do: revive(c), reply: make(chan answer, 1)}
	})
	return nil
}

// revive starts a component that has crashed, unless a test has killed it or
// started it meanwhile.
func revive(c *component) func(*supervisor) answer {
	return func(s *supervisor) answer {
		if c.state != crashed {
			return answer{}
		}
		return startAgain(c)(s)
	}
}

// killAll ends every component at once: the data folder is a test's and is
// never started again, so nothing needs to be closed in good order.
func (s *supervisor) killAll() {
	for _, c := range s.parts {
		if c.cmd != nil && c.cmd.Process != nil {
			_ = c.cmd.Process.Signal(syscall.SIGKILL)
		}
	}
	for _, c := range s.parts {
		if c.cmd != nil {
			within(2*time.Second, func() bool { return c.cmd.Process.Signal(syscall.Signal(0)) != nil })
		}
	}
}

// save writes cluster.json whole or not at all.
func (s *supervisor) save() error {
	b, err := json.MarshalIndent(s.state, "", "  ")
	if err != nil {
		return err
	}
	tmp := filepath.Join(s.dir, ".cluster.json")
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(s.dir, "cluster.json"))
}
