import torch.nn.functional as F


def loss(logits, labels):
    return F.binary_cross_entropy_with_logits(logits, labels)
