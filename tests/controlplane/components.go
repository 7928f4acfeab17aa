package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"
)

const (
	serviceCIDR   = "10.96.0.0/16"
	firstService  = "10.96.0.1"
	podCIDR       = "10.244.0.0/16"
	serviceIssuer = "https://kubernetes.default.svc.cluster.local"
)

// blueprint has what the components' command lines are made from.
type blueprint struct {
	layout
	*options
	ports
	api *client
}

func (b *blueprint) etcdURL() string { return fmt.Sprintf("http://127.0.0.1:%d", b.ports.etcd) }

func (b *blueprint) etcdComponent() *component {
	return &component{
		name: "etcd",
		args: []string{
			"--data-dir=" + b.layout.etcd(),
			"--client-url=" + b.etcdURL(),
			fmt.Sprintf("--peer-url=http://127.0.0.1:%d", b.etcdPeer),
		},
		healthy: func() bool { return answersHTTP(b.etcdURL() + "/health") },
	}
}

func (b *blueprint) apiserverComponent() *component {
	return &component{
		name: "kube-apiserver",
		args: append([]string{
			"--etcd-servers=" + b.etcdURL(),
			"--bind-address=127.0.0.1",
			fmt.Sprintf("--secure-port=%d", b.apiserver),
			"--tls-cert-file=" + b.pki("apiserver.crt"), "--tls-private-key-file=" + b.pki("apiserver.key"),
			"--client-ca-file=" + b.pki("ca.crt"),
			"--token-auth-file=" + b.pki("tokens.csv"),
			"--service-account-issuer=" + serviceIssuer,
			"--service-account-key-file=" + b.pki("sa.pub"),
			"--service-account-signing-key-file=" + b.pki("sa.key"),
			"--service-cluster-ip-range=" + serviceCIDR,
			"--authorization-mode=Node,RBAC",
			"--allow-privileged=true",
			// A loopback advertise address is refused for the kubernetes
			// Service's Endpoints; nothing here needs those.
			"--endpoint-reconciler-type=none",
			// --enable-aggregator-routing stays off: an aggregated API server on
			// loopback is reached through a Service of type ExternalName
			// "localhost", which only the default routing resolves.
			"--requestheader-client-ca-file=" + b.pki("front-proxy-ca.crt"),
			"--requestheader-allowed-names=front-proxy-client",
			"--requestheader-username-headers=X-Remote-User",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file=" + b.pki("front-proxy-client.crt"),
			"--proxy-client-key-file=" + b.pki("front-proxy-client.key"),
			"--kubelet-client-certificate=" + b.pki("apiserver-kubelet-client.crt"),
			"--kubelet-client-key=" + b.pki("apiserver-kubelet-client.key"),
			"--kubelet-preferred-address-types=InternalIP",
			"--audit-policy-file=" + b.pki("audit-policy.yaml"),
			"--audit-log-path=" + b.auditLog(),
			"--audit-log-mode=blocking",
			// Never rotated: tests read the whole run's log.
			"--audit-log-maxsize=100000",
			"--profiling=false",
			"--v=1",
		}, b.apiFlags...),
		healthy: func() bool { return b.api.status("/readyz") == http.StatusOK },
	}
}

func (b *blueprint) controllerManagerComponent() *component {
	return &component{
		name: "kube-controller-manager",
		args: append([]string{
			"--kubeconfig=" + b.kubeconfig("kube-controller-manager"),
			"--authentication-kubeconfig=" + b.kubeconfig("kube-controller-manager"),
			"--authorization-kubeconfig=" + b.kubeconfig("kube-controller-manager"),
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", b.controllerManager),
			"--leader-elect=false",
			"--use-service-account-credentials=true",
			"--service-account-private-key-file=" + b.pki("sa.key"),
			"--root-ca-file=" + b.pki("ca.crt"),
			"--cluster-signing-cert-file=" + b.pki("ca.crt"), "--cluster-signing-key-file=" + b.pki("ca.key"),
			"--cluster-cidr=" + podCIDR, "--service-cluster-ip-range=" + serviceCIDR,
			"--allocate-node-cidrs=false",
			"--kube-api-qps=300", "--kube-api-burst=600",
			"--horizontal-pod-autoscaler-sync-period=2s",
			"--horizontal-pod-autoscaler-downscale-stabilization=5s",
			"--horizontal-pod-autoscaler-initial-readiness-delay=1s",
			"--horizontal-pod-autoscaler-cpu-initialization-period=1s",
			"--pvclaimbinder-sync-period=2s",
			"--profiling=false",
			"--v=1",
		}, b.kcmFlags...),
		healthy: func() bool { return answersHTTP(fmt.Sprintf("https://127.0.0.1:%d/healthz", b.controllerManager)) },
	}
}

func (b *blueprint) schedulerComponent() *component {
	return &component{
		name: "kube-scheduler",
		args: append([]string{
			"--kubeconfig=" + b.kubeconfig("kube-scheduler"),
			"--authentication-kubeconfig=" + b.kubeconfig("kube-scheduler"),
			"--authorization-kubeconfig=" + b.kubeconfig("kube-scheduler"),
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", b.scheduler),
			"--leader-elect=false",
			"--kube-api-qps=300", "--kube-api-burst=600",
			"--profiling=false",
			"--v=1",
		}, b.schedFlags...),
		healthy: func() bool { return answersHTTP(fmt.Sprintf("https://127.0.0.1:%d/healthz", b.scheduler)) },
	}
}

func (b *blueprint) provisionerComponent() *component {
	return &component{
		name:    "provisioner",
		args:    []string{"--kubeconfig=" + b.kubeconfig("provisioner")},
		healthy: func() bool { return true },
	}
}

func (b *blueprint) kwokComponent(configs []string) *component {
	c := &component{
		name: "kwok",
		path: b.options.kwok,
		env:  []string{"HOME=" + b.layout.dir},
		args: []string{
			"--kubeconfig=" + b.kubeconfig("kwok"),
			// Not all nodes: a real kubelet may join beside the fake ones.
			"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
			"--cidr=" + podCIDR,
			"--node-ip=127.0.0.1",
			fmt.Sprintf("--node-port=%d", b.ports.kwok),
			fmt.Sprintf("--server-address=127.0.0.1:%d", b.ports.kwok),
			"--tls-cert-file=" + b.pki("kwok.crt"), "--tls-private-key-file=" + b.pki("kwok.key"),
			"--node-lease-duration-seconds=40",
		},
		healthy: func() bool { return answersTCP(b.ports.kwok) && b.api.nodesReady() >= b.nodes },
	}
	for _, file := range configs {
		c.args = append(c.args, "--config="+file)
	}
	return c
}

func (b *blueprint) metricsComponent() *component {
	config := filepath.Join(b.layout.dir, "metrics-server.kubeconfig")
	return &component{
		name: "metrics-server",
		path: b.options.metrics,
		args: []string{
			"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", b.ports.metrics),
			"--tls-cert-file=" + b.pki("metrics-server.crt"), "--tls-private-key-file=" + b.pki("metrics-server.key"),
			"--kubelet-use-node-status-port", "--kubelet-insecure-tls",
			"--kubelet-preferred-address-types=InternalIP",
			"--metric-resolution=10s", "--kubelet-request-timeout=5s", // the least allowed
		},
		healthy: func() bool { return answersTCP(b.ports.metrics) },
	}
}

// probe trusts any certificate: the components sign their own.
var probe = &http.Client{
	Timeout:   time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
}

func answersHTTP(url string) bool {
	r, err := probe.Get(url)
	if err != nil {
		return false
	}
	return r.Body.Close() == nil && r.StatusCode == http.StatusOK
}

func answersTCP(port int) bool {
	c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	return err == nil && c.Close() == nil
}
