from AlgorithmImports import *


class MomentumUs(QCAlgorithm):
    """Holds the strongest of a few sector funds, chosen once a week."""

    def initialize(self) -> None:
        self.set_cash(100_000)
        self.symbols = [
            self.add_equity(ticker, Resolution.MINUTE).symbol
            for ticker in ("XLK", "XLF", "XLE", "XLV")
        ]
        self.momentum = {symbol: self.momp(symbol, 60, Resolution.DAILY) for symbol in self.symbols}
        self.set_warm_up(60, Resolution.DAILY)
        self.schedule.on(
            self.date_rules.week_start(self.symbols[0]),
            self.time_rules.after_market_open(self.symbols[0], 30),
            self.rebalance,
        )

    def rebalance(self) -> None:
        if self.is_warming_up:
            return
        strongest = max(self.symbols, key=lambda symbol: self.momentum[symbol].current.value)
        self.set_holdings(strongest, 0.95, liquidate_existing_holdings=True)
