"""What the contract is run on: the device that EIGENCODER_TEST_DEVICE names, by default the CPU."""

import os

DEVICE = os.environ.get("EIGENCODER_TEST_DEVICE", "cpu")
BACKEND = DEVICE.partition(":")[0]
