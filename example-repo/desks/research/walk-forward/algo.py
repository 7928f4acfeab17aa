from zipline.api import date_rules, order_target_percent, schedule_function, symbol, time_rules


def initialize(context):
    context.assets = [symbol(ticker) for ticker in ("XLK", "XLF", "XLE", "XLV")]
    schedule_function(rebalance, date_rules.week_start(), time_rules.market_open(minutes=30))


def rebalance(context, data):
    closes = data.history(context.assets, "price", 60, "1d")
    strongest = (closes.iloc[-1] / closes.iloc[0]).idxmax()
    for asset in context.assets:
        order_target_percent(asset, 0.95 if asset == strongest else 0.0)
