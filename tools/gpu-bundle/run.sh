#!/bin/sh
# NeuSim on a Linux x64 host with a GPU and without a network: parity, benchmarks, tuning, PyTorch.
#   ./run.sh                    parity first, all of it; then the benchmarks
#   ./run.sh parity [--quick]   whether the GPU computes right; exit code 1 where it does not
#   ./run.sh bench [options]    the suite webgpu; --help lists the options
#   ./run.sh tune [options]     times the tiles of the convolution kernels
#   ./run.sh torch              PyTorch alone; NEUSIM_PYTHON names a Python that has it
#   ./run.sh neusim [command]   the command line, such as `neusim doctor`
# Results go to ./results, or where NEUSIM_RESULTS says, as JSON named by the adapter. VK_DRIVER_FILES names a Vulkan driver's JSON where
# none is found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
results=${NEUSIM_RESULTS:-$here/results}
mkdir -p "$results"
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# Containers often have NVIDIA's driver without the JSON that tells the Vulkan loader of it.
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && [ -e /dev/nvidiactl ] &&
  ! ls /etc/vulkan/icd.d/nvidia*.json /usr/share/vulkan/icd.d/nvidia*.json >/dev/null 2>&1; then
  for library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    file="$results/.${library%%.*}.json"
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3.0"}}\n' "$library" >"$file"
    VK_DRIVER_FILES="${VK_DRIVER_FILES:+$VK_DRIVER_FILES:}$file"
  done
  export VK_DRIVER_FILES
fi

node() { "$here/bin/node" "$@"; }
bench() { node "$here/apps/bench/dist/main.js" "$@"; }
parity() { node "$here/apps/bench/dist/parity.js" --json "$results/parity.json" "$@"; }

command=${1:-all}
[ $# -gt 0 ] && shift
case $command in
all)
  parity "$@"
  bench --suite webgpu --results "$results" "$@"
  ;;
parity) parity "$@" ;;
bench) bench --suite webgpu --results "$results" "$@" ;;
tune) bench --tune "$results/tuned.ts" "$@" ;;
torch) "${NEUSIM_PYTHON:-python3}" "$here/apps/bench/peers/torch_bench.py" "$@" | tee "$results/torch.json" ;;
neusim) node "$here/apps/cli/bin/neusim.js" "$@" ;;
*)
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
