from grafana.board import board


def build_dashboard():
    return board("strategies", "todo")
