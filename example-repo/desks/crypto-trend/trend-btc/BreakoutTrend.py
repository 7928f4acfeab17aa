from freqtrade.strategy import IStrategy
from pandas import DataFrame


class BreakoutTrend(IStrategy):
    """Buys a close above the highest high of a day, sells one below the lowest low of six hours."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    minimal_roi = {"0": 0.06, "720": 0.02}
    stoploss = -0.04
    startup_candle_count = 288

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["day_high"] = dataframe["high"].rolling(288).max().shift(1)
        dataframe["low_6h"] = dataframe["low"].rolling(72).min().shift(1)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        breakout = (dataframe["close"] > dataframe["day_high"]) & (dataframe["volume"] > 0)
        dataframe.loc[breakout, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] < dataframe["low_6h"], "exit_long"] = 1
        return dataframe
