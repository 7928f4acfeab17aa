package main

import "fmt"

// createNode makes a Node for kwok to play. All nodes are alike but for their
// zones, of which there are three.
func (c *client) createNode(i int) error {
	name := fmt.Sprintf("node-%d", i)
	room := map[string]string{"cpu": "512", "memory": "4Ti", "ephemeral-storage": "64Ti", "pods": "5000"}
	return c.create("/api/v1/nodes", map[string]any{
		"apiVersion": "v1", "kind": "Node",
		"metadata": map[string]any{
			"name": name,
			"annotations": map[string]string{
				"kwok.x-k8s.io/node":                   "fake",
				"metrics.k8s.io/resource-metrics-path": "/metrics/nodes/" + name + "/metrics/resource",
			},
			"labels": map[string]string{
				"type": "kwok", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
				"kubernetes.io/arch":            "amd64",
				"topology.kubernetes.io/region": "test",
				"topology.kubernetes.io/zone":   fmt.Sprintf("zone-%d", i%3),
			},
		},
		"status": map[string]any{"capacity": room, "allocatable": room},
	})
}

// nodesReady counts the nodes that are Ready and take pods.
func (c *client) nodesReady() int {
	var list struct {
		Items []struct {
			Spec   struct{ Taints []struct{ Key string } }
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if !c.get("/api/v1/nodes", &list) {
		return 0
	}
	n := 0
	for _, node := range list.Items {
		if len(node.Spec.Taints) > 0 { // the not-ready taint is not lifted yet
			continue
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" {
				n++
			}
		}
	}
	return n
}
