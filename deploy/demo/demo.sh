#!/usr/bin/env bash
# `make demo`: the whole road on this machine. A real Kubernetes control plane, a bare Git
# repository, the daemon; a push, its rollout, two repairs. Pods are simulated: nothing trades.
#
# It uses no cluster of yours (KUBECONFIG is ignored), listens on loopback only, and removes
# everything when it ends. DEMO_KEEP=1 keeps the control plane up at the end, until Enter.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
unset KUBECONFIG
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null NO_COLOR=1

tests/prerequisites.sh --demo

work=$(mktemp -d "${TMPDIR:-/tmp}/tidegate-demo.XXXXXX")
daemon= plane=
cleanup() {
  trap - EXIT INT TERM
  for pid in $daemon $plane; do kill "$pid" 2>/dev/null || true; done
  for pid in $daemon $plane; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; } # Shows a command, then runs it.
git_in() { git -C "$work/fleet" -c user.name=Trader -c user.email=trader@example.com "$@"; }

say 'Building Tidegate, and the control plane beside it (the first time takes minutes)'
nice tests/controlplane/build.sh >"$work/plane-bin" 2>"$work/plane-build.log" &
building=$!
cargo build --quiet
tidegate="${CARGO_TARGET_DIR:-$root/target}/debug/tidegate"
tidegate() { "$tidegate" "$@"; }

# A copy of the example fleet, in a repository of its own.
cp -R example-repo "$work/fleet"
# Two of its strategies wait for a closed market and for a person: nobody shall wait here.
sed -i -e '/^    window: /d' -e '/^    approve: /d' -e 's/, {approve: {role: risk}}//' \
  "$work/fleet/desks/us-eq/statarb-us.yaml" "$work/fleet/desks/research/regime-signals.yaml"
git init --quiet --initial-branch=main "$work/fleet"
git_in add --all
git_in commit --quiet --message 'Start the fleet'

say 'The offline half: no cluster needed'
printf '\033[2m$ tidegate check\033[0m\n'
tidegate check "$work/fleet" | tail -n 8

say 'A change, as its pull request would show it'
edit='s/^\( *total_amount_quote:\) .*/\1 150/'
demo_file=desks/crypto-mm/mm-eth/eth_pmm.yml
sed -i "$edit" "$work/fleet/$demo_file"
run tidegate preview "$work/fleet" --base HEAD
git_in checkout --quiet -- .

say 'Waiting for the control plane to be built'
while kill -0 $building 2>/dev/null; do
  printf '\r%-78.78s' "$(tail -n 1 "$work/plane-build.log")"
  sleep 2
done
printf '\r%-78s\r' ''
wait $building || { cat "$work/plane-build.log" >&2; exit 1; }
bin=$(cat "$work/plane-bin")

say 'Starting Kubernetes on loopback: etcd, API server, controllers, scheduler; pods are simulated by kwok'
"$bin/controlplane" up --data-dir "$work/plane" >"$work/plane.out" 2>"$work/plane.log" &
plane=$!
until grep -q ^READY "$work/plane.out"; do
  kill -0 $plane 2>/dev/null || { cat "$work/plane.log" >&2; exit 1; }
  sleep 0.2
done
config=$work/plane/kubeconfig
kubectl() { "$bin/controlplane" kubectl --kubeconfig "$config" "$@"; }

say 'Installing what deploy/install holds: the CRDs, the rights, the roles for people'
kubectl apply --server-side --kustomize deploy/crds >/dev/null
for file in namespace.yaml rbac.yaml desk-roles.yaml halt-roles.yaml admission approvers.yaml; do
  kubectl apply --server-side --filename "deploy/install/$file" >/dev/null
done
kubectl wait --for=condition=Established --timeout=30s crd/approvals.tidegate.dev crd/halts.tidegate.dev crd/intents.tidegate.dev crd/overrides.tidegate.dev crd/releases.tidegate.dev crd/unhalts.tidegate.dev

say 'The daemon follows a bare repository, under its own account and nothing more'
git clone --quiet --bare "$work/fleet" "$work/fleet.git"
git_in remote add origin "$work/fleet.git"
token=$(kubectl --namespace tidegate-system create token tidegate)
account=$work/daemon.kubeconfig
cp "$config" "$account"
kubectl --kubeconfig "$account" config set-credentials tidegate --token "$token" >/dev/null
kubectl --kubeconfig "$account" config set-context --current --user tidegate >/dev/null
"$tidegate" run --repo "$work/fleet.git" --interval 10s --listen 127.0.0.1:0 \
  --cache-dir "$work/cache" --kubeconfig "$account" 2>"$work/daemon.log" &
daemon=$!
export KUBECONFIG=$config # From here on, and for this script alone.
wait_for() { run tidegate status --wait 3m --commit "$(git_in rev-parse HEAD)" "$@"; }
wait_for || { tail -n 20 "$work/daemon.log" >&2; exit 1; }

say 'What runs (the pods are simulated: kwok plays the kubelet)'
kubectl get pods --all-namespaces --selector tidegate.dev/owner --field-selector status.phase=Running

say 'A push'
sed -i "$edit" "$work/fleet/$demo_file"
git_in commit --quiet --all --message 'Quote 150 instead of 100'
kubectl get pods --all-namespaces --selector tidegate.dev/strategy=mm-eth --watch --output-watch-events >"$work/pods" 2>/dev/null &
watch=$!
printf '\033[2m$ git push origin main\033[0m\n'
git_in push --quiet origin main
wait_for mm-eth || { tail -n 20 "$work/daemon.log" >&2; exit 1; }
kill $watch 2>/dev/null || true
echo 'Its pods, as they came and went: the old one is gone before the new one exists.'
cat "$work/pods"

say 'A canary, held by a gate until a person promotes it'
signals=$work/fleet/desks/research/alpha-signals.yaml
sed -i 's/alpha-signals:5.4.1/alpha-signals:5.5.0/' "$signals"
cat >>"$signals" <<'BLOCK'
  rollout:
    canary:
    - {weight: 33%, gates: [{health: {}}, {pause: {}}]}
BLOCK
printf '\033[2m$ tidegate plan --strategy alpha-signals\033[0m\n'
tidegate plan "$work/fleet" --strategy alpha-signals || [ $? -eq 1 ]
git_in commit --quiet --all --message 'Signals 5.5.0'
git_in push --quiet origin main
kubectl --namespace tidegate-system wait release/alpha-signals --timeout=60s \
  --for=jsonpath='{.status.phase}'=Waiting >/dev/null ||
  { tail -n 20 "$work/daemon.log" >&2; exit 1; }
run tidegate rollout status alpha-signals
run tidegate promote alpha-signals --reason 'fills look right'
wait_for alpha-signals || { tail -n 20 "$work/daemon.log" >&2; exit 1; }

say 'Drift: somebody scales an algo to two, and deletes a ConfigMap'
namespace=$(kubectl get statefulset --all-namespaces --selector tidegate.dev/strategy=mm-eth --output 'jsonpath={.items[0].metadata.namespace}')
map=configmap/$(kubectl --namespace "$namespace" get statefulset mm-eth --output 'jsonpath={..configMap.name}' | cut -d ' ' -f 1)
run kubectl --namespace "$namespace" scale statefulset/mm-eth --replicas=2
run kubectl --namespace "$namespace" wait --for=jsonpath='{.spec.replicas}'=1 statefulset/mm-eth --timeout=30s
run kubectl --namespace "$namespace" delete "$map"
run kubectl --namespace "$namespace" wait --for=create "$map" --timeout=30s

say 'Done. All of it ran on this machine, with simulated pods: nothing traded.'
if [ -z "${DEMO_KEEP:-}" ]; then
  echo 'To look further with kubectl: DEMO_KEEP=1 make demo'
  exit
fi
cat <<WORDS
It is still up. In another terminal:
  export KUBECONFIG=$config
  $bin/controlplane kubectl get releases --namespace tidegate-system
  $tidegate status mm-eth
  git clone $work/fleet.git        # push to it, and watch
Press Enter here to end it.
WORDS
read -r _ || true
