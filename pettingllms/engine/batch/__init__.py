"""Answers bought by provider batches, at half the price, over as many processes as it takes.

What costs money is in the journal before it is done: `planned`, `creating`, `created`, then `done`,
or `held` where only a person can tell what became of it. Each request in a batch is a lease that
outlives its process, so that nobody else, online or by batch, buys the same.
"""
