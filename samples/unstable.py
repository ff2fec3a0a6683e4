"""Trains a small network on two rings of points, with three losses that lose their gradient on the way."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.classes = nn.Linear(2, 3)
        self.activation = nn.Sigmoid()

    def forward(self, points):
        return self.activation(self.body(points)).squeeze(-1)


def rings(count):
    angle = torch.rand(count) * 6.2832
    target = (torch.rand(count) > 0.5).float()
    radius = 1 + target + 0.1 * torch.randn(count)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), target


def ranking_loss(positive, negative):
    probability = torch.sigmoid(positive - negative)
    return -torch.log(probability).mean()


def ranking_loss_stable(positive, negative):
    return -F.logsigmoid(positive - negative).mean()


def policy_loss(logits, action, reward):
    chosen = F.softmax(logits, dim=-1).gather(1, action.unsqueeze(1))
    return -(torch.log(chosen).squeeze(1) * reward).mean()


def train(steps=200):
    model = Net()
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(steps):
        points, target = rings(256)
        loss = criterion(model(points), target)
        score = model.body(points).squeeze(-1)
        loss = loss + ranking_loss(score[target == 1].mean(), score[target == 0].mean())
        loss = loss + policy_loss(model.classes(points), target.long(), torch.ones(256))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(step, loss.item())


if __name__ == "__main__":
    train()
