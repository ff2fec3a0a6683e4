"""A cross-entropy by hand as a custom loss: -inf and NaN gradients once the logits grow."""

import tensorflow as tf


def weighted_cross_entropy(weight=2.0):
    def loss(y_true, logits):
        y_true = tf.cast(y_true, logits.dtype)
        p = tf.sigmoid(logits)
        positive = weight * y_true * tf.math.log(p)
        negative = (1.0 - y_true) * tf.math.log(1.0 - p)
        return -tf.reduce_mean(positive + negative)

    return loss


def weighted_cross_entropy_stable(weight=2.0):
    def loss(y_true, logits):
        y_true = tf.cast(y_true, logits.dtype)
        positive = weight * y_true * tf.math.log_sigmoid(logits)
        negative = (1.0 - y_true) * tf.math.log_sigmoid(-logits)
        return -tf.reduce_mean(positive + negative)

    return loss


model = tf.keras.Sequential([tf.keras.layers.Dense(16, activation="relu"), tf.keras.layers.Dense(1)])
model.compile(optimizer="adam", loss=weighted_cross_entropy())
