package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken from below the range that Linux gives to outgoing
// connections and to listeners on port 0 (32768 and up): the port of a killed
// component is then still free when the component is started again.
const (
	firstPort = 18000
	lastPort  = 32000
)

// ports of one cluster, all on 127.0.0.1.
type ports struct {
	etcd, etcdPeer, apiserver, controllerManager, scheduler, kwok, metrics int
}

func choosePorts() (ports, error) {
	p := ports{}
	taken := map[int]bool{}
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiserver, &p.controllerManager, &p.scheduler, &p.kwok, &p.metrics} {
		n, err := freePort(taken)
		if err != nil {
			return p, err
		}
		taken[n] = true
		*port = n
	}
	return p, nil
}

// freePort tries random ports; a start that loses the race for one of them is
// repeated by the caller with others.
func freePort(taken map[int]bool) (int, error) {
	for range 1000 {
		n := firstPort + rand.IntN(lastPort-firstPort)
		if taken[n] {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n))
		if err != nil {
			continue
		}
		return n, l.Close()
	}
	return 0, errors.New("no free port on 127.0.0.1")
}
