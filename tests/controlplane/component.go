package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// component is one child process of the supervisor. Only the supervisor's own
// goroutine, which is locked to the main thread, touches it: the kernel ties a
// child's parent-death signal to the thread that started the child.
type component struct {
	name    string
	path    string // empty: this binary
	args    []string
	env     []string
	logs    string
	healthy func() bool // asked from other goroutines too

	cmd     *exec.Cmd
	state   componentState
	starts  int
	waiters []chan struct{} // closed when the process has exited
}

type componentState string

const (
	running componentState = "running"
	stopped componentState = "stopped" // by SIGSTOP
	killed  componentState = "killed"  // on request; stays so until started
	crashed componentState = "crashed" // by itself; about to be started again
)

// exit tells that a component's process has ended.
type exit struct {
	component *component
	cmd       *exec.Cmd
	err       error
}

// start runs the component's process, its output appended to its log.
func (c *component) start(exits chan<- exit) error {
	path, args := c.path, c.args
	if path == "" {
		path, args = "/proc/self/exe", append([]string{c.name}, c.args...)
	}
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), c.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	c.cmd, c.state = cmd, running
	c.starts++
	go func() { exits <- exit{c, cmd, cmd.Wait()} }()
	return nil
}

// signal sends a signal to the running process.
func (c *component) signal(s syscall.Signal) error {
	if c.isDown() {
		return fmt.Errorf("%s does not run", c.name)
	}
	return c.cmd.Process.Signal(s)
}

func (c *component) isDown() bool { return c.state == killed || c.state == crashed }

// exited wakes up who waits for the end of the process.
func (c *component) exited() {
	for _, w := range c.waiters {
		close(w)
	}
	c.waiters = nil
}

func (c *component) logFile() string { return filepath.Join(c.logs, c.name+".log") }

// portTaken says whether the component ended because another program got its
// port between the choice of the port and the component's start.
func (c *component) portTaken() bool {
	log, err := os.ReadFile(c.logFile())
	return err == nil && bytes.Contains(log, []byte("address already in use"))
}

// within asks `ok` again and again until it holds or the time is up.
func within(limit time.Duration, ok func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}
