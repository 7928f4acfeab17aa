from freqtrade.strategy import IStrategy
from pandas import DataFrame


class PullbackTrend(IStrategy):
    """Buys a dip to the fast average while the slow one rises."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    minimal_roi = {"0": 0.04, "480": 0.01}
    stoploss = -0.03
    startup_candle_count = 200

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["fast"] = dataframe["close"].ewm(span=20).mean()
        dataframe["slow"] = dataframe["close"].ewm(span=200).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        rising = dataframe["slow"] > dataframe["slow"].shift(12)
        dip = (dataframe["low"] <= dataframe["fast"]) & (dataframe["close"] > dataframe["fast"])
        dataframe.loc[rising & dip, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] < dataframe["slow"], "exit_long"] = 1
        return dataframe
