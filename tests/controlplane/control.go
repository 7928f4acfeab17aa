package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// command is something for the main goroutine to do.
type command struct {
	do    func(*supervisor) answer
	reply chan answer
}

// answer tells how a command went and what is left to wait for, outside the
// main goroutine.
type answer struct {
	err  error
	list []status
	gone <-chan struct{} // closed when a killed process has ended
	up   func() bool     // whether a started component is healthy
}

// status is one component in GET /components.
type status struct {
	Name   string         `json:"name"`
	State  componentState `json:"state"`
	Pid    int            `json:"pid"`
	Starts int            `json:"starts"`
}

// The longest path that a Unix socket may have on Linux.
const longestSocketPath = 107

// serveControl answers on a Unix socket:
//
//	GET  /components                   names, states, process ids
//	POST /components/{name}/kill       SIGKILL; it stays down; answered when it has ended
//	POST /components/{name}/terminate  SIGTERM, else the same
//	POST /components/{name}/stop       SIGSTOP
//	POST /components/{name}/cont       SIGCONT
//	POST /components/{name}/start      start one that is down; answered when it is healthy
func (s *supervisor) serveControl() (net.Listener, error) {
	path := filepath.Join(s.dir, "control.sock")
	if len(path) > longestSocketPath {
		dir, err := os.MkdirTemp("", "controlplane")
		if err != nil {
			return nil, err
		}
		path = filepath.Join(dir, "control.sock")
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /components", s.handle(func(string) func(*supervisor) answer { return list }))
	for verb, do := range map[string]func(*component) func(*supervisor) answer{
		"kill":      end(syscall.SIGKILL),
		"terminate": end(syscall.SIGTERM),
		"stop":      pause,
		"cont":      resume,
		"start":     startAgain,
	} {
		mux.HandleFunc("POST /components/{name}/"+verb, s.handle(s.named(do)))
	}
	go func() { _ = http.Serve(l, mux) }()
	return l, nil
}

// named finds the component that a request names.
func (s *supervisor) named(do func(*component) func(*supervisor) answer) func(string) func(*supervisor) answer {
	return func(name string) func(*supervisor) answer {
		return func(s *supervisor) answer {
			for _, c := range s.parts {
				if c.name == name {
					return do(c)(s)
				}
			}
			return answer{err: fmt.Errorf("no component %q", name)}
		}
	}
}

// handle has the main goroutine do a command, waits for what the command began,
// and answers.
func (s *supervisor) handle(do func(string) func(*supervisor) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		reply := make(chan answer, 1)
		s.commands <- command{do: do(name), reply: reply}
		a := <-reply
		if a.err == nil && a.gone != nil {
			<-a.gone
		}
		if a.err == nil && a.up != nil && !within(time.Minute, a.up) {
			a.err = fmt.Errorf("%s did not become healthy within a minute", name)
		}
		if a.err != nil {
			http.Error(w, a.err.Error(), http.StatusConflict)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a.list)
	}
}

func list(s *supervisor) answer {
	a := answer{list: []status{}}
	for _, c := range s.parts {
		a.list = append(a.list, status{Name: c.name, State: c.state, Pid: c.cmd.Process.Pid, Starts: c.starts})
	}
	return a
}

func end(with syscall.Signal) func(*component) func(*supervisor) answer {
	return func(c *component) func(*supervisor) answer {
		return func(*supervisor) answer {
			if c.isDown() {
				c.state = killed
				return answer{}
			}
			if err := c.signal(with); err != nil {
				return answer{err: err}
			}
			gone := make(chan struct{})
			c.waiters = append(c.waiters, gone)
			c.state = killed
			return answer{gone: gone}
		}
	}
}

func pause(c *component) func(*supervisor) answer {
	return func(*supervisor) answer {
		if err := c.signal(syscall.SIGSTOP); err != nil {
			return answer{err: err}
		}
		c.state = stopped
		return answer{}
	}
}

func resume(c *component) func(*supervisor) answer {
	return func(*supervisor) answer {
		if err := c.signal(syscall.SIGCONT); err != nil {
			return answer{err: err}
		}
		c.state = running
		return answer{}
	}
}

func startAgain(c *component) func(*supervisor) answer {
	return func(s *supervisor) answer {
		if !c.isDown() {
			return answer{up: c.healthy}
		}
		if len(c.waiters) > 0 {
			return answer{err: fmt.Errorf("%s is still ending", c.name)}
		}
		return answer{err: c.start(s.exits), up: c.healthy}
	}
}
