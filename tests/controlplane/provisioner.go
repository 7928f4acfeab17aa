package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

// wantedProvisioner is what the controller manager writes on a claim whose
// class has a provisioner of its own; provisionedBy is what it expects back.
const (
	wantedProvisioner = "volume.kubernetes.io/storage-provisioner"
	provisionedBy     = "pv.kubernetes.io/provisioned-by"
)

// provisioner makes a PersistentVolume for each claim of our storage classes
// and removes it when it is released. Binding is the controller manager's.
type provisioner struct {
	api     kubernetes.Interface
	claims  cache.SharedIndexInformer
	volumes cache.SharedIndexInformer
	queue   workqueue.TypedRateLimitingInterface[item]
}

// item is the key of a claim or of a volume.
type item struct {
	volume bool
	key    string
}

func provisionerMain(args []string) error {
	fs := flag.NewFlagSet("provisioner", flag.ContinueOnError)
	config := fs.String("kubeconfig", "", "kubeconfig")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *config == "" {
		return errors.New("provisioner: --kubeconfig is required")
	}
	rest, err := clientcmd.BuildConfigFromFlags("", *config)
	if err != nil {
		return err
	}
	rest.QPS, rest.Burst = 300, 600
	rest.UserAgent = "provisioner"
	api, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return newProvisioner(api).run(ctx)
}

func newProvisioner(api kubernetes.Interface) *provisioner {
	factory := informers.NewSharedInformerFactory(api, 0)
	return &provisioner{
		api:     api,
		claims:  factory.Core().V1().PersistentVolumeClaims().Informer(),
		volumes: factory.Core().V1().PersistentVolumes().Informer(),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[item](50*time.Millisecond, 2*time.Second)),
	}
}

func (p *provisioner) run(ctx context.Context) error {
	if err := p.feed(p.claims, false); err != nil {
		return err
	}
	if err := p.feed(p.volumes, true); err != nil {
		return err
	}
	go p.claims.Run(ctx.Done())
	go p.volumes.Run(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), p.claims.HasSynced, p.volumes.HasSynced) {
		return nil
	}
	for range 4 {
		go wait.UntilWithContext(ctx, p.work, time.Second)
	}
	<-ctx.Done()
	p.queue.ShutDown()
	return nil
}

// feed puts every change that an informer sees into the queue.
func (p *provisioner) feed(from cache.SharedIndexInformer, volume bool) error {
	add := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			p.queue.Add(item{volume, key})
		}
	}
	_, err := from.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, now any) { add(now) },
	})
	return err
}

func (p *provisioner) work(ctx context.Context) {
	for {
		next, down := p.queue.Get()
		if down {
			return
		}
		if err := p.sync(ctx, next); err != nil {
			fmt.Println(next.key, err)
			p.queue.AddRateLimited(next)
		} else {
			p.queue.Forget(next)
		}
		p.queue.Done(next)
	}
}

func (p *provisioner) sync(ctx context.Context, next item) error {
	informer := p.claims
	if next.volume {
		informer = p.volumes
	}
	object, found, err := informer.GetStore().GetByKey(next.key)
	if err != nil || !found {
		return err
	}
	if volume, ok := object.(*v1.PersistentVolume); ok {
		return p.reclaim(ctx, volume)
	}
	return p.provision(ctx, object.(*v1.PersistentVolumeClaim))
}

// reclaim deletes a volume of ours whose claim is gone.
func (p *provisioner) reclaim(ctx context.Context, volume *v1.PersistentVolume) error {
	driver := volume.Annotations[provisionedBy]
	if (driver != csiDriver && driver != localDriver) || volume.DeletionTimestamp != nil ||
		volume.Status.Phase != v1.VolumeReleased ||
		volume.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimDelete {
		return nil
	}
	err := p.api.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &volume.UID},
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// provision makes the volume of a claim that waits for one.
func (p *provisioner) provision(ctx context.Context, claim *v1.PersistentVolumeClaim) error {
	driver := claim.Annotations[wantedProvisioner]
	if (driver != csiDriver && driver != localDriver) || claim.DeletionTimestamp != nil || claim.Spec.VolumeName != "" {
		return nil
	}
	if driver == localDriver && slices.Contains(claim.Spec.AccessModes, v1.ReadWriteOncePod) {
		return p.refuse(ctx, claim, "ReadWriteOncePod is for volumes of a CSI driver, which this class has not")
	}
	_, err := p.api.CoreV1().PersistentVolumes().Create(ctx, volumeFor(claim, driver), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// refuse tells in an event why a claim stays pending. The event's name is the
// claim's, so that there is one however often it is tried.
func (p *provisioner) refuse(ctx context.Context, claim *v1.PersistentVolumeClaim, why string) error {
	now := metav1.Now()
	_, err := p.api.CoreV1().Events(claim.Namespace).Create(ctx, &v1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: claim.Name + "." + string(claim.UID), Namespace: claim.Namespace},
		InvolvedObject: v1.ObjectReference{
			APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
		},
		Type: v1.EventTypeWarning, Reason: "ProvisioningFailed", Message: why,
		Source: v1.EventSource{Component: "provisioner"}, FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// volumeFor is the volume of a claim. Its name comes from the claim's uid, so
// that one claim never gets two.
func volumeFor(claim *v1.PersistentVolumeClaim, driver string) *v1.PersistentVolume {
	name := "pvc-" + string(claim.UID)
	source := v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: name}}
	if driver == localDriver {
		source = v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: "/controlplane/" + name}}
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: driver}},
		Spec: v1.PersistentVolumeSpec{
			Capacity:                      v1.ResourceList{v1.ResourceStorage: claim.Spec.Resources.Requests[v1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
			PersistentVolumeSource:        source,
			StorageClassName:              *claim.Spec.StorageClassName,
			VolumeMode:                    claim.Spec.VolumeMode,
			ClaimRef: &v1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name,
				UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
		},
	}
}
