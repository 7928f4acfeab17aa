package main

// The storage classes: `ssd` behaves like a CSI driver's, `local` like an
// in-tree one, which cannot promise ReadWriteOncePod. None is the default, so
// a claim that names no class stays pending.
const (
	csiDriver   = "csi.controlplane.test"
	localDriver = "local.controlplane.test"
)

// createStorage makes the classes that the provisioner serves.
func (c *client) createStorage() error {
	// Without the driver's object the attach-detach controller would wait for
	// an attacher that does not exist.
	if err := c.create("/apis/storage.k8s.io/v1/csidrivers", map[string]any{
		"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver",
		"metadata": map[string]any{"name": csiDriver},
		"spec":     map[string]any{"attachRequired": false, "podInfoOnMount": false},
	}); err != nil {
		return err
	}
	for class, driver := range map[string]string{"ssd": csiDriver, "local": localDriver} {
		if err := c.create("/apis/storage.k8s.io/v1/storageclasses", map[string]any{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
			"metadata":          map[string]any{"name": class},
			"provisioner":       driver,
			"reclaimPolicy":     "Delete",
			"volumeBindingMode": "Immediate",
		}); err != nil {
			return err
		}
	}
	return nil
}
