"""The container image and the blueprint: linted, and their steps run on a machine without a container engine."""
