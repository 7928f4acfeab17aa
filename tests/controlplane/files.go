package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Static bearer tokens: one user that may do everything, and one that has no
// rights but those that a test binds to it.
const staticTokens = `admin-token,token-admin,1,"system:masters"
plain-token,plain,2,"plain-group"
`

// The audit log lets a test tell which requests a program made. Everything but
// the API server's talking to itself is in it, dry-runs and watches included.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:apiserver"]
- level: Metadata
`

// layout names the files of a cluster.
type layout struct{ dir string }

func (l layout) pki(name string) string  { return filepath.Join(l.dir, "pki", name) }
func (l layout) logs() string            { return filepath.Join(l.dir, "logs") }
func (l layout) auditLog() string        { return filepath.Join(l.logs(), "audit.log") }
func (l layout) stages() string          { return filepath.Join(l.dir, "stages") }
func (l layout) etcd() string            { return filepath.Join(l.dir, "etcd") }
func (l layout) adminKubeconfig() string { return filepath.Join(l.dir, "kubeconfig") }
func (l layout) kubeconfig(component string) string {
	return filepath.Join(l.dir, component+".kubeconfig")
}

// writeFiles makes the folders, keys, certificates, kubeconfigs and settings,
// and returns a client with the administrator's rights.
func (l layout) writeFiles(server string) (*client, error) {
	for _, d := range []string{l.dir, l.pki(""), l.logs(), l.stages()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	ca, err := l.servingFiles()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"kube-controller-manager", "kube-scheduler"} {
		if _, err := l.identity(ca, server, l.kubeconfig(name), "system:"+name, nil); err != nil {
			return nil, err
		}
	}
	masters := []string{"system:masters"}
	for _, name := range []string{"kwok", "metrics-server", "provisioner"} {
		if _, err := l.identity(ca, server, l.kubeconfig(name), name, masters); err != nil {
			return nil, err
		}
	}
	admin, err := l.identity(ca, server, l.adminKubeconfig(), "admin", masters)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(l.pki("tokens.csv"), []byte(staticTokens), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(l.pki("audit-policy.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	return newClient(server, ca.pem, admin), nil
}

// servingFiles makes the authorities, the servers' certificates and the keys
// that sign service account tokens.
func (l layout) servingFiles() (*authority, error) {
	ca, err := newAuthority(l.pki(""), "ca")
	if err != nil {
		return nil, err
	}
	front, err := newAuthority(l.pki(""), "front-proxy-ca")
	if err != nil {
		return nil, err
	}
	if _, _, err := ca.issue(l.pki(""), "apiserver", "kube-apiserver", nil,
		"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local", "127.0.0.1", firstService); err != nil {
		return nil, err
	}
	if _, _, err := ca.issue(l.pki(""), "apiserver-kubelet-client", "kube-apiserver-kubelet-client", []string{"system:masters"}); err != nil {
		return nil, err
	}
	for _, name := range []string{"kwok", "metrics-server"} {
		if _, _, err := ca.issue(l.pki(""), name, name, nil, "localhost", "127.0.0.1"); err != nil {
			return nil, err
		}
	}
	if _, _, err := front.issue(l.pki(""), "front-proxy-client", "front-proxy-client", nil); err != nil {
		return nil, err
	}
	return ca, serviceAccountKeys(l.pki(""))
}

// identity issues a client certificate and writes a kubeconfig with it.
func (l layout) identity(ca *authority, server, file, user string, groups []string) (tls.Certificate, error) {
	crt, key, err := ca.issue(l.pki(""), "client-"+strings.ReplaceAll(user, ":", "-"), user, groups)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(file, kubeconfig(server, ca.pem, crt, key), 0o600); err != nil {
		return tls.Certificate{}, fmt.Errorf("kubeconfig of %s: %w", user, err)
	}
	return tls.X509KeyPair(crt, key)
}

func newClient(server string, ca []byte, identity tls.Certificate) *client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &client{server: server, http: &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{identity}}},
	}}
}
