"""Times that are taken in turn, and how tables show them."""
import statistics


class Times:
    def __init__(self, seconds):
        self.median, self.least = statistics.median(seconds), min(seconds)

    def __str__(self):
        return f"{digits(self.median * 1e3)} ({digits(self.least * 1e3)})"

    def __truediv__(self, other):
        return Ratio(self.median / other.median, self.least / other.least)

    def rate(self, operations):
        """GFLOP/s of the median."""
        return f"{operations / self.median * 1e-9:.0f}"


class Ratio:
    def __init__(self, median, least):
        self.median, self.least = median, least

    def __str__(self):
        return f"{self.median:.2f} ({self.least:.2f})"

    @staticmethod
    def mean(ratios):
        return Ratio(*(
            statistics.geometric_mean(values) for values in zip(*((ratio.median, ratio.least) for ratio in ratios))))


def digits(value):
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def in_turn(runners, rounds):
    """The times of each of the runners, which gives seconds: each time once unmeasured, to wake threads and fill
    caches, and once measured."""
    seconds = [[] for _ in runners]
    for _ in range(rounds):
        for runner, list in zip(runners, seconds):
            runner()
            list.append(runner())
    return [Times(list) for list in seconds]
