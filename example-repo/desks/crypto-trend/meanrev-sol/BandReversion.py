from freqtrade.strategy import IStrategy
from pandas import DataFrame


class BandReversion(IStrategy):
    """Buys two deviations below the mean and sells at the mean."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    minimal_roi = {"0": 0.03}
    stoploss = -0.10
    startup_candle_count = 60

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        window = dataframe["close"].rolling(60)
        dataframe["mean"] = window.mean()
        dataframe["lower"] = dataframe["mean"] - 2 * window.std()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] < dataframe["lower"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["close"] > dataframe["mean"], "exit_long"] = 1
        return dataframe
