import torch


def positive_term(logits):
    return -torch.log(torch.sigmoid(logits)).mean()
